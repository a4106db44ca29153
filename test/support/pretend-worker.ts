import { openHere } from '../../src/runtime/node/open-here.ts';
import type { Reply } from '../../src/runtime/remote-protocol.ts';
import { serve } from '../../src/runtime/remote-server.ts';
import { type Channel, RemoteWorker } from '../../src/runtime/remote-worker.ts';
import type { Open } from '../../src/runtime/session.ts';

/** A worker that is none, and what was seen of it. */
export interface PretendWorker extends Channel {
  /** Ends as if it had crashed. */
  die(reason: unknown): void;
  /** What `hold` was called with. */
  readonly held: readonly boolean[];
  /** The calls that were posted, each with the number of its session. */
  readonly posted: readonly string[];
  /** How often it was closed. */
  readonly closed: readonly true[];
}

/**
 * Both sides of a worker in this thread, with messages cloned as between threads.
 * @param open what the worker opens models with
 */
export function pretendWorker(open: Open = (model, options = {}) => openHere(model, options, false)): PretendWorker {
  let reply: (reply: Reply) => void = () => undefined;
  let end: (reason: unknown) => void = () => undefined;
  let dead = false;
  const held: boolean[] = [];
  const posted: string[] = [];
  const closed: true[] = [];
  const answer = serve(open, (message, transfer) => {
    const cloned = structuredClone(message, { transfer: [...transfer] });
    setTimeout(() => {
      if (!dead) reply(cloned);
    }, 5);
  });
  return {
    held,
    posted,
    closed,
    post(request, transfer) {
      posted.push(`${request.name} ${request.session}`);
      const cloned = structuredClone(request, { transfer: [...transfer] });
      if (!dead) void answer(cloned);
    },
    listen(onReply, onEnd) {
      reply = onReply;
      end = onEnd;
    },
    hold: (waiting) => held.push(waiting),
    async close() {
      dead = true;
      closed.push(true);
    },
    die(reason) {
      dead = true;
      end(reason);
    },
  };
}

/** A pretend worker with its outside. */
export function pretendRemote(open?: Open): PretendWorker & { readonly outside: RemoteWorker } {
  const worker = pretendWorker(open);
  return Object.assign(worker, { outside: new RemoteWorker(worker) });
}
