import { type AttentionInputs, type Context, type Model, plainContext } from '../../models/model.ts';
import { type Dimension, input, type NamedValue, type Value } from '../graph/index.ts';
import { type Sizes, tokensInput } from './options.ts';
import { nextName } from './program.ts';

/** What a model remembers of each token, learned from a rehearsal: definitions are pure, so one may be run just to look. */
export interface Memory {
  readonly name: string;
  /** What one run would remember: `axis` counts its tokens. */
  readonly value: Value;
  readonly axis: number;
}

export interface RehearsalOptions {
  readonly sizes?: Sizes;
  /** Whether the program has an attention of its own, which remembers keys and values of all heads at once. */
  readonly ownAttention?: boolean;
}

/** Everything that a model remembers. */
export function rehearse(model: Model, { sizes = {}, ownAttention = false }: RehearsalOptions = {}): readonly Memory[] {
  const memories: Memory[] = [];
  const remember = (name: string, value: Value, axis: number): Value => {
    memories.push({ name, value, axis });
    return value;
  };
  const attention: Context['attention'] = ({ query, key, value, label }) => {
    const names = cacheNames({ label });
    remember(names[0], key, 2);
    remember(names[1], value, 2);
    return query;
  };
  model.logits(tokensInput('tokens', sizes), { ...plainContext, remember, ...(ownAttention ? { attention } : {}) });
  return memories;
}

/** The names under which the keys and values of an attention are remembered. */
export function cacheNames({ label }: Pick<AttentionInputs, 'label'>): readonly [key: string, value: string] {
  return [`${label}.key`, `${label}.value`];
}

/** The inputs that hold what was remembered, and what the next run's will hold. */
export class Caches {
  readonly inputs: readonly NamedValue[];
  readonly #memories: readonly Memory[];
  readonly #next = new Map<string, Value>();

  /** @param length how many tokens each cache holds, a number or a symbol */
  constructor(memories: readonly Memory[], length: Dimension) {
    this.#memories = memories;
    this.inputs = memories.map(({ name, value, axis }) => {
      const shape = value.shape.map((dimension, place) => (place === axis ? length : dimension));
      const inputName = `cache.${name}`;
      return { name: inputName, value: input(inputName, value.type, shape) };
    });
  }

  /** What was remembered under a name before this run. */
  past(name: string): Value {
    const found = this.inputs[this.#memories.findIndex((memory) => memory.name === name)];
    if (found === undefined) throw new TypeError(`${name} was not remembered in the rehearsal`);
    return found.value;
  }

  /** Sets what will have been remembered under a name after this run; returns it. */
  keep(name: string, all: Value): Value {
    this.#next.set(name, all);
    return all;
  }

  /** The next run's inputs. */
  outputs(): NamedValue[] {
    return this.#memories.map(({ name }, index) => {
      const value = this.#next.get(name);
      if (value === undefined) throw new TypeError(`${name} was remembered in the rehearsal only`);
      return { name: nextName(this.inputs[index]?.name ?? name), value };
    });
  }
}
