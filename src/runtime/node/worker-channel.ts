import { Worker } from 'node:worker_threads';
import { closeRequest } from '../remote-protocol.ts';
import type { Channel } from '../remote-worker.ts';
import { workerFile } from './worker-file.ts';

/** What the worker is given when it starts. */
export interface WorkerStart {
  /** One number, shared: how many requests the worker has not answered yet. */
  readonly unanswered: Int32Array<SharedArrayBuffer>;
}

/** The longest that the end of the process waits for a run to end, in milliseconds. */
const patience = 60_000;

/** The counts of all workers that live. */
const watched = new Set<WorkerStart['unanswered']>();

/** From now on the end of the process waits for this worker's run: one listener for all workers. */
function watch(unanswered: WorkerStart['unanswered']): void {
  if (watched.size === 0) process.off('exit', awaitRuns).once('exit', awaitRuns);
  watched.add(unanswered);
}

/** A process that ends (process.exit, an uncaught error) while ONNX Runtime is in a run would be aborted by it instead. */
function awaitRuns(): void {
  const latest = Date.now() + patience;
  for (const unanswered of watched) {
    for (let count = Atomics.load(unanswered, 0); count > 0; count = Atomics.load(unanswered, 0)) {
      const left = latest - Date.now();
      if (left <= 0 || Atomics.wait(unanswered, 0, count, left) === 'timed-out') return;
    }
  }
}

/** Starts a worker thread. */
export function startWorker(): Channel {
  const unanswered = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(workerFile(), { workerData: { unanswered } satisfies WorkerStart });
  watch(unanswered);
  let closing = false;
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      watched.delete(unanswered);
      resolve();
    });
  });
  const post: Channel['post'] = (request, transfer) => {
    worker.postMessage(request, transfer);
    Atomics.add(unanswered, 0, 1);
  };
  return {
    post,
    listen(reply, end) {
      worker.on('message', reply);
      worker.on('messageerror', end);
      worker.on('error', end);
      worker.on('exit', (code) => {
        if (!closing) end(new Error(`it exited with code ${code}`));
      });
    },
    hold(waiting) {
      if (waiting || closing) worker.ref();
      else worker.unref();
    },
    close() {
      if (!closing) {
        closing = true;
        worker.ref();
        post(closeRequest, []);
      }
      return ended;
    },
  };
}
