import { parentPort, workerData } from 'node:worker_threads';
import type { Request } from '../remote-protocol.ts';
import { serve } from '../remote-server.ts';
import { RuntimeError } from '../runtime-error.ts';
import { openHere } from './open-here.ts';
import type { WorkerStart } from './worker-channel.ts';

// The file that runs in a worker thread, with one session or many.
const port = parentPort;
if (port === null) throw new RuntimeError('worker', 'This file is the inside of a worker thread.');
const { unanswered }: WorkerStart = workerData;

const answer = serve(
  (model, options) => openHere(model, options ?? {}, false),
  (reply, transfer) => port.postMessage(reply, transfer),
);

port.on('message', async (request: Request) => {
  await answer(request);
  Atomics.sub(unanswered, 0, 1);
  Atomics.notify(unanswered, 0);
  // Leaving by itself, between runs, is the only way out that never cuts through native code.
  if (request.name === 'close') process.exit(0);
});
