import { UserError } from '../errors.ts';
import { type Dimension, input, type NamedValue, type Value } from '../graph/index.ts';
import { type CacheSlot, type ConfiguredModel, type ModelProgram, plainProgram } from '../model/index.ts';
import { nextName } from './program.ts';
import { type Sizes, tokensInput } from './program-options.ts';

/** What a model caches of each token, learned by tracing it once: definitions are pure, so one may be run just to look. */
export interface CachedTensor {
  readonly slot: CacheSlot;
  /** What one run adds to the cache: `axis` counts its tokens. */
  readonly value: Value;
  readonly axis: number;
}

export interface TraceOptions {
  readonly sizes?: Sizes;
  /** Whether the program has an attention of its own, which caches keys and values of all heads at once. */
  readonly ownAttention?: boolean;
}

/** Everything that a model caches. @throws UserError where two layers keep something under one name */
export function traceCaches(
  model: ConfiguredModel,
  { sizes = {}, ownAttention = false }: TraceOptions = {},
): readonly CachedTensor[] {
  const found: CachedTensor[] = [];
  const cached = (slot: CacheSlot, value: Value, axis: number): Value => {
    if (found.some((other) => other.slot.name === slot.name)) {
      throw new UserError(
        `${model.name}: two layers keep what they call ${slot.name}: give each a name of its own in withPast, or a scope.`,
      );
    }
    found.push({ slot, value, axis });
    return value;
  };
  const attention: ModelProgram['attention'] = ({ query, key, value, keySlot, valueSlot }) => {
    cached(keySlot, key, 2);
    cached(valueSlot, value, 2);
    return query;
  };
  model.logits(tokensInput('tokens', sizes), { ...plainProgram, cached, ...(ownAttention ? { attention } : {}) });
  return found;
}

/** The inputs that hold what was cached, and what the next run's will hold. */
export class Caches {
  readonly inputs: readonly NamedValue[];
  readonly #tensors: readonly CachedTensor[];
  readonly #next = new Map<string, Value>();

  /** @param length how many tokens each cache holds, a number or a symbol */
  constructor(tensors: readonly CachedTensor[], length: Dimension) {
    this.#tensors = tensors;
    this.inputs = tensors.map(({ slot, value, axis }) => {
      const shape = value.shape.map((dimension, place) => (place === axis ? length : dimension));
      const name = `cache.${slot.name}`;
      return { name, value: input(name, value.type, shape) };
    });
  }

  /** What a slot held before this run. */
  past({ name }: CacheSlot): Value {
    const found = this.inputs[this.#tensors.findIndex(({ slot }) => slot.name === name)];
    if (found === undefined) throw new TypeError(`${name} was not cached in the trace`);
    return found.value;
  }

  /** Sets what a slot will hold after this run; returns it. */
  keep({ name }: CacheSlot, all: Value): Value {
    this.#next.set(name, all);
    return all;
  }

  /** The next run's inputs. */
  outputs(): NamedValue[] {
    return this.#tensors.map(({ slot: { name } }, index) => {
      const value = this.#next.get(name);
      if (value === undefined) throw new TypeError(`${name} was cached in the trace only`);
      return { name: nextName(this.inputs[index]?.name ?? name), value };
    });
  }
}
