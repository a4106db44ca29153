import { checkFeeds } from './checking.ts';
import { Queue } from './queue.ts';
import { type Calls, type Packed, packCopies, type RemoteOptions } from './remote-protocol.ts';
import type { Place } from './remote-worker.ts';
import type { DeviceName, Placement, ProgramDescription, RunOptions, Session } from './session.ts';
import type { Tensors } from './tensor.ts';

/**
 * Opens a model in a worker, at a place for one session; gives the place back when that fails.
 * @param notices come before those of the worker
 */
export async function openRemote(
  place: Place,
  model: Uint8Array | string,
  { signal, worker: _worker, ...options }: RemoteOptions,
  notices: readonly string[] = [],
): Promise<Session> {
  try {
    signal?.throwIfAborted();
    // The caller keeps its bytes: a copy is handed over.
    const bytes = typeof model === 'string' ? model : new Uint8Array(model);
    const transfer = typeof bytes === 'string' ? [] : [bytes.buffer];
    const answer = await unlessAborted(place.call('open', { model: bytes, options }, transfer), signal);
    place.opened(answer.device);
    return new RemoteSession(place, { ...answer, notices: [...notices, ...answer.notices] });
  } catch (error) {
    await place.leave().catch(() => undefined);
    throw error;
  }
}

/** The promise, or the signal's reason as soon as it is aborted. */
async function unlessAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise;
  return new Promise<Result>((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A session that lives in a worker. The order of calls is kept here, so that one that has not been sent can be cancelled. */
class RemoteSession implements Session {
  readonly device: DeviceName;
  readonly program: ProgramDescription;
  readonly notices: readonly string[];
  readonly #place: Place;
  readonly #queue: Queue = new Queue();

  constructor(place: Place, { device, program, notices }: Calls['open']['answer']) {
    this.#place = place;
    this.device = device;
    this.program = program;
    this.notices = notices;
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
    return this.#queue.add(() => this.#place.call('getState', undefined));
  }

  async setState(state: Tensors): Promise<void> {
    await this.#withTensors('setState', state);
  }

  resetState(): Promise<void> {
    return this.#queue.add(() => this.#place.call('resetState', undefined));
  }

  placement(): Promise<readonly Placement[]> {
    return this.#queue.add(() => this.#place.call('placement', undefined));
  }

  dispose(): Promise<void> {
    return this.#place.leave();
  }

  #withTensors<Name extends 'run' | 'step' | 'setState'>(
    name: Name,
    tensors: Tensors,
    signal?: AbortSignal,
  ): Promise<Calls[Name]['answer']> {
    const { tensors: packed, transfer }: Packed = packCopies(tensors);
    return this.#queue.add(() => this.#place.call(name, packed, transfer), signal);
  }
}
