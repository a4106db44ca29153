import { UserError } from '../../errors.ts';
import type { Session } from '../session.ts';

/** Where a session of this process may live. */
export type Thread = 'the calling thread' | 'a worker thread';

/** How many sessions that must share a thread live there, those that are being opened or disposed included. */
const living: Record<Thread, number> = { 'the calling thread': 0, 'a worker thread': 0 };

/**
 * Opens a session on a device whose sessions must all live in one thread: while one thread holds such sessions, none may be
 * opened in the other.
 * @param device its name, for the error
 * @throws UserError when the other thread holds sessions
 */
export async function inOneThread(device: string, thread: Thread, open: () => Promise<Session>): Promise<Session> {
  const other: Thread = thread === 'a worker thread' ? 'the calling thread' : 'a worker thread';
  if (living[other] > 0) {
    throw new UserError(
      `A session on ${device} can't be opened in ${thread} while ${other} holds one: open all of them in a process ` +
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
