import { checkFeeds } from './checking.ts';
import { carryError, messageOf, RuntimeError, reviveError } from './errors.ts';
import { Queue } from './queue.ts';
import { type CallName, type Calls, type Packed, packCopies, type Reply, type Request } from './remote-protocol.ts';
import type { DeviceName, OpenOptions, Placement, ProgramDescription, RunOptions, Session } from './session.ts';
import type { Tensors } from './tensor.ts';

/** The way to a worker. */
export interface Channel {
  post(request: Request, transfer: readonly ArrayBuffer[]): void;
  /** `reply` is called with every reply; `end` once, when the worker has ended, with the reason if it was no wish of ours. */
  listen(reply: (reply: Reply) => void, end: (reason: unknown) => void): void;
  /** Whether a call waits for its answer: only then may the worker keep the process alive. */
  hold(waiting: boolean): void;
  /** Ends the worker, when it has answered `dispose`. */
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Opens a model in the worker at the other end of `channel`; closes the channel when that fails. */
export async function openRemote(
  channel: Channel,
  model: Uint8Array | string,
  { signal, worker: _worker, ...options }: OpenOptions,
): Promise<Session> {
  const calls = new RemoteCalls(channel);
  try {
    signal?.throwIfAborted();
    // The caller keeps its bytes: a copy is handed over.
    const bytes = typeof model === 'string' ? model : new Uint8Array(model);
    const transfer = typeof bytes === 'string' ? [] : [bytes.buffer];
    const { device, program } = await calls.call('open', { model: bytes, options }, transfer);
    return new RemoteSession(calls, channel, device, program);
  } catch (error) {
    await channel.close();
    throw error;
  }
}

/** Calls to a worker: each one's promise is settled by the reply with its number, or by the worker's end. */
class RemoteCalls {
  readonly #channel: Channel;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #ended: RuntimeError | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.listen(
      (reply) => this.#settle(reply),
      (reason) => this.fail(new RuntimeError('worker', `The worker ended unexpectedly: ${messageOf(reason)}.`)),
    );
  }

  call<Name extends CallName>(
    name: Name,
    ask: Calls[Name]['ask'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Calls[Name]['answer']> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) {
        reject(this.#ended);
        return;
      }
      const id = this.#nextId;
      this.#nextId += 1;
      // The worker answers a call by the same table of types (`Calls`) that this side asked by.
      this.#waiting.set(id, { resolve: (answer) => resolve(answer as Calls[Name]['answer']), reject });
      this.#channel.hold(true);
      try {
        this.#channel.post({ id, name, ask } as Request, transfer);
      } catch (error) {
        this.#settle({ id, error: carryError(error) });
      }
    });
  }

  /** Rejects what waits and what is called from now on; the first reason stays. */
  fail(error: RuntimeError): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#ended);
    this.#waiting.clear();
    this.#channel.hold(false);
  }

  #settle(reply: Reply): void {
    const waiting = this.#waiting.get(reply.id);
    if (waiting === undefined) return;
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#channel.hold(false);
    if ('error' in reply) waiting.reject(reviveError(reply.error));
    else waiting.resolve(reply.answer);
  }
}

/** A session that lives in a worker. The order of calls is kept here, so that one that has not been sent can be cancelled. */
class RemoteSession implements Session {
  readonly device: DeviceName;
  readonly program: ProgramDescription;
  readonly #calls: RemoteCalls;
  readonly #channel: Channel;
  readonly #queue: Queue = new Queue();
  #disposing: Promise<void> | undefined;

  constructor(calls: RemoteCalls, channel: Channel, device: DeviceName, program: ProgramDescription) {
    this.#calls = calls;
    this.#channel = channel;
    this.device = device;
    this.program = program;
  }

  async run(feeds: Tensors, options: RunOptions = {}): Promise<Tensors> {
    checkFeeds(this.program.inputs, feeds);
    return this.#withTensors('run', feeds, options.signal);
  }

  async step(feeds: Tensors, options: RunOptions = {}): Promise<Tensors> {
    checkFeeds(this.program.inputs, feeds, this.program.state);
    return this.#withTensors('step', feeds, options.signal);
  }

  getState(): Promise<Tensors> {
    return this.#queue.add(() => this.#calls.call('getState', undefined));
  }

  async setState(state: Tensors): Promise<void> {
    await this.#withTensors('setState', state);
  }

  resetState(): Promise<void> {
    return this.#queue.add(() => this.#calls.call('resetState', undefined));
  }

  placement(): Promise<readonly Placement[]> {
    return this.#queue.add(() => this.#calls.call('placement', undefined));
  }

  dispose(): Promise<void> {
    this.#disposing ??= this.#end();
    return this.#disposing;
  }

  async #end(): Promise<void> {
    this.#calls.fail(new RuntimeError('disposed', 'The session has been disposed.'));
    await this.#channel.close();
  }

  #withTensors<Name extends 'run' | 'step' | 'setState'>(
    name: Name,
    tensors: Tensors,
    signal?: AbortSignal,
  ): Promise<Calls[Name]['answer']> {
    const { tensors: packed, transfer }: Packed = packCopies(tensors);
    return this.#queue.add(() => this.#calls.call(name, packed, transfer), signal);
  }
}
