import { UserError } from '../../errors.ts';
import type { Session } from '../session.ts';

/** Where a WebGPU session of this process may live. */
export type WebGpuThread = 'the calling thread' | 'a worker thread';

/** How many live there, those that are being opened or disposed included. */
const living: Record<WebGpuThread, number> = { 'the calling thread': 0, 'a worker thread': 0 };

/**
 * Opens a WebGPU session in a thread. ONNX Runtime has one GPU context for the whole process, and two threads that use it
 * at a time crash the process: while one thread holds sessions, none may be opened in the other.
 * @throws UserError when the other thread holds sessions
 */
export async function onWebGpuThread(thread: WebGpuThread, open: () => Promise<Session>): Promise<Session> {
  const other: WebGpuThread = thread === 'a worker thread' ? 'the calling thread' : 'a worker thread';
  if (living[other] > 0) {
    throw new UserError(
      `A WebGPU session can't be opened in ${thread} while ${other} holds one: open all WebGPU sessions of a process ` +
        'with `worker: false` or all without, or dispose the others first.',
    );
  }
  living[thread] += 1;
  try {
    const session = await open();
    let disposing: Promise<void> | undefined;
    const dispose = session.dispose.bind(session);
    const disposeAndLeave = (): Promise<void> => {
      disposing ??= dispose().finally(() => {
        living[thread] -= 1;
      });
      return disposing;
    };
    return Object.assign(session, { dispose: disposeAndLeave });
  } catch (error) {
    living[thread] -= 1;
    throw error;
  }
}
