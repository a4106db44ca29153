import type { OpenOptions, Session } from '../../../src/index.ts';
import { threadCount } from '../shared/environment.ts';

/**
 * Opens a model in this worker. ONNX Runtime is fetched with the first one.
 * @throws UserError when the device is not there
 */
export async function openHere(model: Uint8Array, options: OpenOptions = {}): Promise<Session> {
  const { open } = await import('../../../src/web.ts');
  return open(model, { threads: threadCount(), ...options, worker: false });
}

/** Lets what was posted to this worker through: ONNX Runtime's runs leave it no moment to hear of it. */
export function breathe(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
