import { UserError } from '../errors.ts';
import { type Bindings, checkTensor, quoted } from './checking.ts';
import type { Engine } from './engine.ts';
import type { StatePair, ValueDescription } from './session.ts';
import { type Tensor, type Tensors, tensorAround, zeroTensor } from './tensor.ts';

/** The symbol whose size an empty cache takes from the other inputs of the step. */
const BATCH = 'batch';

/** How the names of the state inputs begin that a cache is made of. */
const CACHE = 'cache.';

/** The state of one session: a handle per state input, and the rules by which it starts and moves on. */
export class State<Value> {
  readonly #engine: Engine<Value>;
  readonly #pairs: readonly StatePair[];
  readonly #inputs: ReadonlyMap<string, ValueDescription>;
  #values: Map<string, Value> = new Map();

  constructor(engine: Engine<Value>, pairs: readonly StatePair[]) {
    this.#engine = engine;
    this.#pairs = pairs;
    const names = new Set(pairs.map((pair) => pair.input));
    this.#inputs = new Map(engine.inputs.filter(({ name }) => names.has(name)).map((input) => [input.name, input]));
  }

  /** The state inputs of the next step; values never set start empty where they can. `bindings` is added to. */
  feeds(bindings: Bindings): Record<string, Value> {
    const feeds: Record<string, Value> = {};
    for (const [name, input] of this.#inputs) {
      const value = this.#values.get(name) ?? this.#engine.upload(emptyStart(input, bindings));
      checkTensor(input, this.#engine.describe(value), bindings);
      feeds[name] = value;
    }
    return feeds;
  }

  /** Moves on by one step: the state outputs become the state, what they replace is freed, the rest is handed back. */
  advance(fed: Readonly<Record<string, Value>>, outputs: Readonly<Record<string, Value>>): Record<string, Value> {
    const rest = { ...outputs };
    const next = new Map<string, Value>();
    for (const { input, output } of this.#pairs) {
      const value = outputs[output];
      if (value === undefined) throw new UserError(`The program's state names an output "${output}" that it lacks.`);
      next.set(input, value);
      delete rest[output];
    }
    const kept = new Set([...next.values(), ...Object.values(rest)]);
    for (const { input } of this.#pairs) {
      const used = fed[input];
      if (used !== undefined && !kept.has(used)) this.#engine.release(used);
    }
    this.#values = next;
    return rest;
  }

  /** The state by input name. The tensors may share the state's memory. */
  async get(): Promise<Tensors> {
    const state: Record<string, Tensor> = {};
    for (const [name, value] of this.#values) state[name] = await this.#engine.download(value);
    return state;
  }

  /** Sets state by input name, all of `tensors` or, when one doesn't fit, none. Their memory is kept, not copied. */
  set(tensors: Tensors): void {
    const bindings: Bindings = new Map();
    for (const [name, tensor] of Object.entries(tensors)) {
      const input = this.#inputs.get(name);
      if (input === undefined) {
        throw new UserError(
          `The program has no state "${name}": its state inputs are ${quoted([...this.#inputs.keys()])}.`,
        );
      }
      checkTensor(input, tensor, bindings);
    }
    for (const [name, tensor] of Object.entries(tensors)) {
      this.#releaseOne(name);
      this.#values.set(name, this.#engine.upload(tensor));
    }
  }

  reset(): void {
    for (const name of [...this.#values.keys()]) this.#releaseOne(name);
  }

  #releaseOne(name: string): void {
    const value = this.#values.get(name);
    if (value !== undefined) this.#engine.release(value);
    this.#values.delete(name);
  }
}

/** The natural start of a cache: nothing in it yet, or, where its size is fixed, zeros. */
function emptyStart(input: ValueDescription, bindings: Bindings): Tensor {
  const grows = input.shape.some((size) => typeof size === 'string' && size !== BATCH);
  if (!grows && !input.name.startsWith(CACHE)) {
    throw new UserError(`State "${input.name}" has no value yet: call setState() before the first step.`);
  }
  const shape = input.shape.map((size) => {
    if (typeof size === 'number') return size;
    if (size !== BATCH) return 0;
    const batch = bindings.get(BATCH)?.size;
    if (batch !== undefined) return batch;
    throw new UserError(
      `State "${input.name}" has no value yet and no input tells its batch: call setState() before the first step.`,
    );
  });
  return tensorAround(input.type, shape, zeroTensor(input.type, shape).data);
}
