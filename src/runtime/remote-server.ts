import { carryError, RuntimeError } from './errors.ts';
import { type CallName, type Calls, packOwn, type Reply, type Request } from './remote-protocol.ts';
import type { Open, Session } from './session.ts';
import type { Tensors } from './tensor.ts';

/** Sends a reply to the other side. */
export type SendReply = (reply: Reply, transfer: readonly ArrayBuffer[]) => void;

interface Answer<Name extends CallName> {
  readonly answer: Calls[Name]['answer'];
  readonly transfer?: readonly ArrayBuffer[];
}

type Handlers = { readonly [Name in CallName]: (ask: Calls[Name]['ask']) => Promise<Answer<Name>> };

/**
 * The worker's side of a session: answers requests with the session that `open` makes.
 * @returns what to call with every request that comes in
 */
export function serve(open: Open, send: SendReply): (request: Request) => Promise<void> {
  let opened: Session | undefined;
  const session = (): Session => {
    if (opened === undefined) throw new RuntimeError('worker', 'The worker has no session.');
    return opened;
  };
  const handOver = (tensors: Tensors) => {
    const { tensors: answer, transfer } = packOwn(tensors);
    return { answer, transfer };
  };
  const handlers: Handlers = {
    async open({ model, options }) {
      opened = await open(model, options);
      return { answer: { device: opened.device, program: opened.program } };
    },
    run: async (feeds) => handOver(await session().run(feeds)),
    step: async (feeds) => handOver(await session().step(feeds)),
    // The state stays here: its buffers are copied by the message, not handed over.
    getState: async () => ({ answer: await session().getState() }),
    setState: async (state) => ({ answer: await nothing(session().setState(state)) }),
    resetState: async () => ({ answer: await nothing(session().resetState()) }),
    placement: async () => ({ answer: await session().placement() }),
    dispose: async () => ({ answer: await nothing(opened?.dispose()) }),
  };
  return async (request) => {
    try {
      const { answer, transfer = [] } = await answerTo(handlers, request);
      send({ id: request.id, answer }, transfer);
    } catch (error) {
      send({ id: request.id, error: carryError(error) }, []);
    }
  };
}

async function nothing(done: Promise<void> | undefined): Promise<undefined> {
  await done;
}

function answerTo<Name extends CallName>(
  handlers: Handlers,
  { name, ask }: { readonly name: Name; readonly ask: Calls[Name]['ask'] },
): Promise<Answer<Name>> {
  return handlers[name](ask);
}
