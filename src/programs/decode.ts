import { type Model, placedFrom, plainContext } from '../../models/model.ts';
import { build, concat, dimensionOf, input, type NamedValue, type Value } from '../graph/index.ts';
import { nextName, type Program, statePairs } from './program.ts';

/** What a model remembers, learned from a rehearsal: definitions are pure, so one may be run just to look. */
interface Memory {
  readonly name: string;
  readonly value: Value;
  readonly axis: number;
}

/**
 * tokens int32 (batch, time) and the cache → logits (batch, time, vocabulary) and the cache grown by `time`.
 * The cache begins with a past of length 0, so the first run takes the whole prompt. Past and time together must not exceed the
 * block size. A model that remembers nothing has no cache.
 */
export function decodeProgram(model: Model): Program {
  const memories = rehearse(model);
  const caches: NamedValue[] = memories.map(({ name, value, axis }) => {
    const shape = value.shape.map((dimension, position) => (position === axis ? 'past' : dimension));
    const cacheName = `cache.${name}`;
    return { name: cacheName, value: input(cacheName, value.type, shape) };
  });
  const [first] = caches;
  const [memory] = memories;
  const grown: NamedValue[] = [];
  const tokens = input('tokens', 'int32', ['batch', 'time']);
  const logits = model.logits(tokens, {
    ...plainContext,
    ...placedFrom(first === undefined || memory === undefined ? 0 : dimensionOf(first.value, memory.axis)),
    remember: (name, x, axis) => {
      const cache = caches[grown.length];
      if (cache === undefined) throw new TypeError(`${name} was not remembered in the rehearsal`);
      const value = concat([cache.value, x], { axis });
      grown.push({ name: nextName(cache.name), value });
      return value;
    },
  });
  const graph = build({
    name: `${model.config.model} decode`,
    inputs: [{ name: 'tokens', value: tokens }, ...caches],
    outputs: [{ name: 'logits', value: logits }, ...grown],
  });
  return { name: 'decode', config: model.config, graph, state: statePairs(caches) };
}

function rehearse(model: Model): readonly Memory[] {
  const memories: Memory[] = [];
  model.logits(input('tokens', 'int32', ['batch', 'time']), {
    ...plainContext,
    remember: (name, value, axis) => {
      memories.push({ name, value, axis });
      return value;
    },
  });
  return memories;
}
