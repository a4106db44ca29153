import type { Reply } from '../remote-protocol.ts';
import type { Channel } from '../remote-worker.ts';
import { RuntimeError } from '../runtime-error.ts';
import { addressesOfPage } from './runtime-modules.ts';
import type { PageMessage } from './worker-messages.ts';

/** What can be done where the worker doesn't start. */
const remedy =
  "Serve the file trilu/web/worker from the page's own origin and allow it in the Content-Security-Policy (worker-src), " +
  'start it yourself with `worker: () => new Worker(…)`, or run in the page with `worker: false`';

/** Starts trilu's own worker. This very form of the call is what bundlers know. */
function startOwn(): Worker {
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });
}

/**
 * Starts the page's module worker.
 * @throws RuntimeError kind `worker` when the browser refuses it
 */
export function startWorker(start: () => Worker = startOwn): Channel {
  let worker: Worker;
  try {
    worker = start();
  } catch (error) {
    throw notStarted(error instanceof Error ? error.message : String(error), error);
  }
  const post = (message: PageMessage, transfer: readonly ArrayBuffer[] = []): void =>
    worker.postMessage(message, [...transfer]);
  post({ addresses: addressesOfPage() });
  return {
    post,
    listen(reply, end) {
      let answered = false;
      const stop = (reason: unknown): void => {
        worker.terminate();
        end(reason);
      };
      worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
        answered = true;
        reply(data);
      });
      worker.addEventListener('messageerror', () => stop(new Error('a message could not be read')));
      worker.addEventListener('error', (event) => {
        // A file that can't be loaded gives an event that says nothing; a failure inside of it gives its message.
        const message = event.message || undefined;
        stop(answered ? new Error(message ?? 'it failed') : notStarted(message ?? 'its file could not be loaded'));
      });
    },
    // A page lives without it.
    hold: () => undefined,
    // Ending a worker is safe at any moment, and frees the GPU and all memory at once.
    close: async () => worker.terminate(),
  };
}

function notStarted(reason: string, cause?: unknown): RuntimeError {
  return new RuntimeError('worker', `The worker of trilu/web could not be started: ${reason}. ${remedy}.`, { cause });
}
