import { checkBlockSize } from './block-size.ts';
import type { Bindings } from './checking.ts';
import { checkFeeds } from './checking.ts';
import type { Engine } from './engine.ts';
import { Queue } from './queue.ts';
import { isFatal, RuntimeError } from './runtime-error.ts';
import type { DeviceName, Placement, ProgramDescription, RunOptions, Session } from './session.ts';
import { State } from './session-state.ts';
import { copyTensor, type Tensor, type Tensors } from './tensor.ts';

/** How a session is kept. */
export interface EngineSessionOptions {
  /**
   * Calls are carried out in its order; sessions that must never run at the same time share one. A queue of its own
   * unless told.
   */
  readonly queue?: Queue;
  /** Whether the state is copied when it is set and got: not needed where a message has copied it already. `true` unless told. */
  readonly copies?: boolean;
  readonly notices?: readonly string[];
}

/** A session in the thread that calls it: checks, order and state over an engine of any device. */
export class EngineSession<Value> implements Session {
  readonly device: DeviceName;
  readonly program: ProgramDescription;
  readonly notices: readonly string[];
  readonly #engine: Engine<Value>;
  readonly #queue: Queue;
  readonly #state: State<Value>;
  readonly #copy: (tensors: Tensors) => Tensors;
  #disposing: Promise<void> | undefined;
  /** What broke the session for good. */
  #failure: RuntimeError | undefined;

  constructor(
    engine: Engine<Value>,
    program: ProgramDescription,
    { queue = new Queue(), copies = true, notices = [] }: EngineSessionOptions = {},
  ) {
    this.#engine = engine;
    this.device = engine.device;
    this.program = program;
    this.notices = notices;
    this.#queue = queue;
    this.#state = new State(engine, program.state);
    this.#copy = copies ? copyAll : (tensors) => tensors;
  }

  async run(feeds: Tensors, options: RunOptions = {}): Promise<Tensors> {
    checkBlockSize(this.program, checkFeeds(this.#engine.inputs, feeds));
    return this.#next(async () => this.#downloadAll(await this.#engine.run(this.#uploadAll(feeds))), options.signal);
  }

  async step(feeds: Tensors, options: RunOptions = {}): Promise<Tensors> {
    const bindings = checkFeeds(this.#engine.inputs, feeds, this.program.state);
    return this.#next(() => this.#stepNow(feeds, bindings), options.signal);
  }

  async #stepNow(feeds: Tensors, bindings: Bindings): Promise<Tensors> {
    const state = this.#state.feeds(bindings);
    checkBlockSize(this.program, bindings);
    const fed = { ...state, ...this.#uploadAll(feeds) };
    return this.#downloadAll(this.#state.advance(fed, await this.#engine.run(fed)));
  }

  async getState(): Promise<Tensors> {
    return this.#next(async () => this.#copy(await this.#state.get()));
  }

  async setState(state: Tensors): Promise<void> {
    const own = this.#copy(state);
    return this.#next(async () => this.#state.set(own));
  }

  async resetState(): Promise<void> {
    return this.#next(async () => this.#state.reset());
  }

  async placement(): Promise<readonly Placement[]> {
    return this.#next(() => this.#engine.placement());
  }

  async dispose(): Promise<void> {
    this.#disposing ??= this.#queue.add(() => this.#free());
    return this.#disposing;
  }

  async #free(): Promise<void> {
    this.#state.reset();
    await this.#engine.dispose();
  }

  #next<Result>(task: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    this.#refuseWhenEnded();
    return this.#queue.add(async () => {
      this.#refuseWhenEnded();
      const result = await task().catch((error: unknown) => this.#fail(error));
      this.#refuseWhenEnded();
      return result;
    }, signal);
  }

  /** Rethrows; a failure that leaves nothing to go on with ends the session first. */
  async #fail(error: unknown): Promise<never> {
    if (error instanceof RuntimeError && isFatal(error.kind)) {
      this.#failure = error;
      // What broke may not be freed in order any more: the first failure is the one to tell.
      this.#disposing ??= this.#free().catch(() => undefined);
      await this.#disposing;
    }
    throw error;
  }

  #refuseWhenEnded(): void {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#disposing !== undefined) throw new RuntimeError('disposed', 'The session has been disposed.');
  }

  #uploadAll(tensors: Tensors): Record<string, Value> {
    const values: Record<string, Value> = {};
    for (const [name, tensor] of Object.entries(tensors)) values[name] = this.#engine.upload(tensor);
    return values;
  }

  async #downloadAll(values: Readonly<Record<string, Value>>): Promise<Tensors> {
    const tensors: Record<string, Tensor> = {};
    for (const [name, value] of Object.entries(values)) {
      tensors[name] = await this.#engine.download(value);
      this.#engine.release(value);
    }
    return tensors;
  }
}

function copyAll(tensors: Tensors): Tensors {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, copyTensor(tensor)]));
}
