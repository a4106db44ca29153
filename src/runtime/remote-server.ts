import { type CallName, type Calls, type OpenLocally, packOwn, type Reply, type Request } from './remote-protocol.ts';
import { RuntimeError, serializeError } from './runtime-error.ts';
import type { Session } from './session.ts';
import { copyTensor, type Tensors } from './tensor.ts';

/** Sends a reply to the other side. */
export type SendReply = (reply: Reply, transfer: readonly ArrayBuffer[]) => void;

interface Answer<Name extends CallName> {
  readonly answer: Calls[Name]['answer'];
  readonly transfer?: readonly ArrayBuffer[];
}

type Handlers = {
  readonly [Name in CallName]: (ask: Calls[Name]['ask'], session: number) => Promise<Answer<Name>>;
};

/** A session from the moment it is asked for. */
interface Held {
  readonly opening: Promise<Session>;
  readonly cancel: AbortController;
}

/**
 * The worker's side: answers requests with the sessions that `open` makes. Calls of one session come one after another;
 * those of different sessions may overlap, so `open` must give them a common queue where the device needs one.
 * @returns what to call with every request that comes in
 */
export function serve(open: OpenLocally, send: SendReply): (request: Request) => Promise<void> {
  const handlers = handlersOver(open);
  return async (request) => {
    const { id, session } = request;
    try {
      const { answer, transfer = [] } = await answerTo(handlers, request);
      send({ id, session, answer }, transfer);
    } catch (error) {
      send({ id, session, error: serializeError(error) }, []);
    }
  };
}

function handlersOver(open: OpenLocally): Handlers {
  const sessions = new Map<number, Held>();
  const at = async (number: number): Promise<Session> => {
    const held = sessions.get(number);
    if (held === undefined) throw new RuntimeError('disposed', 'The session has been disposed.');
    return held.opening;
  };
  const dispose = async (number: number): Promise<void> => {
    const held = sessions.get(number);
    sessions.delete(number);
    held?.cancel.abort(new RuntimeError('disposed', 'The session has been disposed.'));
    // One that never opened has told so already, and leaves nothing to free.
    const session = await held?.opening.catch(() => undefined);
    await session?.dispose();
  };
  return {
    async open({ model, options }, number) {
      const cancel = new AbortController();
      const opening = open(model, { ...options, signal: cancel.signal });
      sessions.set(number, { opening, cancel });
      const { device, program, notices } = await opening;
      return { answer: { device, program, notices } };
    },
    run: async (feeds, number) => handOver(await (await at(number)).run(feeds)),
    step: async (feeds, number) => handOver(await (await at(number)).step(feeds)),
    // The state stays here: copies of it are handed over. A message that copied it would do so twice, into a buffer that grows.
    getState: async (_, number) => handOver(copiesOf(await (await at(number)).getState())),
    setState: async (state, number) => ({ answer: await nothing((await at(number)).setState(state)) }),
    resetState: async (_, number) => ({ answer: await nothing((await at(number)).resetState()) }),
    placement: async (_, number) => ({ answer: await (await at(number)).placement() }),
    dispose: async (_, number) => ({ answer: await nothing(dispose(number)) }),
    async close() {
      await Promise.allSettled([...sessions.keys()].map(dispose));
      return { answer: undefined };
    },
  };
}

function handOver(tensors: Tensors): { readonly answer: Tensors; readonly transfer: readonly ArrayBuffer[] } {
  const { tensors: answer, transfer } = packOwn(tensors);
  return { answer, transfer };
}

function copiesOf(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, copyTensor(tensor)]));
}

async function nothing(done: Promise<void>): Promise<undefined> {
  await done;
}

function answerTo<Name extends CallName>(
  handlers: Handlers,
  { name, ask, session }: { readonly name: Name; readonly ask: Calls[Name]['ask']; readonly session: number },
): Promise<Answer<Name>> {
  return handlers[name](ask, session);
}
