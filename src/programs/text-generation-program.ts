import {
  addDimensions,
  cast,
  concat,
  constant,
  cumSum,
  type Dimension,
  dimensionOf,
  equal,
  expand,
  type Graph,
  gather,
  input,
  max,
  mul,
  type NamedValue,
  neg,
  slice,
  squeeze,
  sub,
  unsqueeze,
  type Value,
  vector,
  where,
} from '../graph/index.ts';
import { type CacheSlot, type ConfiguredModel, type ModelProgram, placedFrom, plainProgram } from '../model/index.ts';
import { type CachedTensor, traceCaches } from './caches.ts';
import { programGraph } from './program-graph.ts';

/**
 * The graph that other tools' text generation runs (transformers.js, ONNX Runtime GenAI), by the names that they look for:
 * `input_ids` int64 (batch_size, sequence_length), `attention_mask` int64 (batch_size, total_sequence_length) with zeros where a row
 * is padded, and `past_key_values.*` → `logits` and `present.*`, which are the next run's past.
 *
 * - `cache`: the keys and values of each layer, float32 (batch_size, heads, past_sequence_length, head_dim). Each character is computed
 *   once, but past and new characters together (with padding) must fit into the block, for a position can't be moved afterwards.
 * - `window`: the ids themselves, int64 (batch_size, 1, past_sequence_length, 1), of which the last block is computed anew: the lecture's
 *   `idx[:, -block_size:]`, exact at any length.
 */
export type TextGenerationForm = 'window' | 'cache';

/** The forms, the one that never ends first. */
export const textGenerationForms: readonly TextGenerationForm[] = ['window', 'cache'];

/** A graph for other tools' text generation. */
export interface TextGenerationProgram {
  readonly form: TextGenerationForm;
  readonly model: ConfiguredModel;
  readonly graph: Graph;
  /** How many scores `logits` has: the vocabulary, and in the cache form one more, see `endOfText`. */
  readonly scores: number;
  /** What keys and values are kept, in the cache form of a model that has both. */
  readonly caches?: CacheSizes;
}

/** The caches of each layer are (batch_size, heads, past_sequence_length, headSize). */
export interface CacheSizes {
  readonly layers: number;
  readonly heads: number;
  readonly headSize: number;
}

/**
 * The id that the cache form knows beyond the vocabulary. Tools that can't do without a token for the end and for padding (ONNX Runtime
 * GenAI) get this one: its score is −∞, so that it never comes, and as an input it pads; no character is lost to it.
 */
export function endOfText({ vocabulary }: ConfiguredModel): number {
  return vocabulary;
}

/** The lengths that the tools know by these names; GenAI and transformers.js want `batch_size` spelled so. */
const [batch, time, past, total] = ['batch_size', 'sequence_length', 'past_sequence_length', 'total_sequence_length'];

/** Makes a form of the graph; a model that caches nothing (bigram) has no cache and no mask in either. */
export function textGenerationProgram(model: ConfiguredModel, form: TextGenerationForm): TextGenerationProgram {
  const tensors = traceCaches(model);
  const made =
    tensors.length === 0 ? withoutPast(model) : form === 'cache' ? withCache(model, tensors) : withWindow(model);
  return { form, model, ...made };
}

type Made = Omit<TextGenerationProgram, 'form' | 'model'>;

function withoutPast(model: ConfiguredModel): Made {
  const ids = input('input_ids', 'int64', [batch, time]);
  const logits = model.logits(cast(ids, 'int32')); // (B, T, V)
  const name = `${model.name} text generation`;
  const graph = programGraph({ name, inputs: { input_ids: ids }, outputs: { logits } });
  return { graph, scores: model.vocabulary };
}

function withWindow(model: ConfiguredModel): Made {
  const { block } = model;
  const ids = input('input_ids', 'int64', [batch, time]);
  const mask = input('attention_mask', 'int64', [batch, total]);
  const pastIds = input('past_key_values.0.key', 'int64', [batch, 1, past, 1]);
  const allIds = concat([pastIds, unsqueeze(ids, [1, 3])], { axis: 2 }); // (B, 1, P + T, 1)
  const window = (x: Value, axis: number): Value => slice(x, { axis, start: -block, length: 'window_length' });
  const tokens = cast(squeeze(window(allIds, 2), [1, 3]), 'int32'); // (B, W)
  const attended = window(cast(mask, 'int32'), 1); // (B, W)
  const logits = model.logits(tokens, { ...plainProgram, ...padded(attended, attended, 0) }); // (B, W, V)
  const scored = slice(logits, { axis: 1, start: neg(dimensionOf(ids, 1)), length: 'scored_length' }); // those of the new ids
  const graph = programGraph({
    name: `${model.name} text generation, window`,
    inputs: { input_ids: ids, attention_mask: mask, 'past_key_values.0.key': pastIds },
    outputs: { logits: scored, 'present.0.key': allIds },
  });
  return { graph, scores: model.vocabulary };
}

function withCache(model: ConfiguredModel, tensors: readonly CachedTensor[]): Made {
  const { vocabulary } = model;
  const ids = input('input_ids', 'int64', [batch, time]);
  const mask = input('attention_mask', 'int64', [batch, total]);
  const caches = new LayerCaches(tensors);
  const pastLength = caches.pastLength();
  const attended = slice(cast(mask, 'int32'), { axis: 1, length: addDimensions(past, time) }); // (B, S)
  const attending = slice(attended, { axis: 1, start: pastLength, length: time }); // (B, T)
  const narrow = cast(ids, 'int32');
  const tokens = where(equal(narrow, endOfText(model)), 0, narrow); // (B, T): padding is some character, and hidden
  const logits = model.logits(tokens, {
    ...plainProgram,
    ...padded(attended, attending, pastLength),
    cached: (slot, x, axis) => caches.add(slot, x, axis),
  }); // (B, T, V)
  const never = expand(
    constant([-Infinity], 'float32', [1, 1, 1]),
    vector([dimensionOf(logits, 0), dimensionOf(logits, 1), 1]),
  ); // (B, T, 1)
  const graph = programGraph({
    name: `${model.name} text generation, cache`,
    inputs: [{ name: 'input_ids', value: ids }, { name: 'attention_mask', value: mask }, ...caches.inputs()],
    outputs: [{ name: 'logits', value: concat([logits, never], { axis: 2 }) }, ...caches.outputs()],
  });
  const sizes = caches.sizes();
  return { graph, scores: vocabulary + 1, ...(sizes === undefined ? {} : { caches: sizes }) };
}

/**
 * Tokens of which some are padding: it has no place in the block, and nobody looks at it but padding itself, whose rows would
 * otherwise be masked everywhere and become NaN.
 * @param attended int32 (B, S): ones, and zeros for padding
 * @param attending the last T of them, (B, T): the tokens of this run
 * @param start how many come before them: 0, or an int64 vector of one element
 */
function padded(attended: Value, attending: Value, start: Value | 0): Pick<ModelProgram, 'positions' | 'visible'> {
  const counted = max(sub(cumSum(attended, constant(1, 'int32')), 1), 0); // (B, S)
  const places = start === 0 ? counted : slice(counted, { axis: 1, start, length: time }); // (B, T)
  const ofKeys = unsqueeze(cast(attended, 'float32'), [1]); // (B, 1, S)
  const ofQueries = unsqueeze(cast(attending, 'float32'), [2]); // (B, T, 1)
  const audience = max(ofKeys, sub(1, ofQueries)); // (B, T, S)
  const { visible } = placedFrom(start);
  return {
    positions: (table) => gather(table, places), // (B, T, C)
    visible: (triangle, tokens, keys, axis) => mul(visible(triangle, tokens, keys, axis), audience), // (B, T, S)
  };
}

/** What a model caches, as the tools know it: a tensor of keys and one of values for each layer, all heads in it. */
class LayerCaches {
  readonly #caches: ReadonlyMap<string, LayerCache>;

  constructor(tensors: readonly CachedTensor[]) {
    const groups = new Map<string, CachedTensor[]>();
    for (const tensor of tensors) {
      const name = layerName(tensor.slot);
      groups.set(name, [...(groups.get(name) ?? []), tensor]);
    }
    this.#caches = new Map([...groups].map(([name, parts]) => [name, new LayerCache(name, parts)]));
  }

  /** How many characters are in the caches, as an int64 vector of one element. */
  pastLength(): Value {
    const [first] = this.#caches.values();
    if (first === undefined) throw new TypeError('a model that caches nothing has no past');
    return dimensionOf(first.past, 2);
  }

  /** @returns what the slot holds, `x` with it */
  add(slot: CacheSlot, x: Value, axis: number): Value {
    const cache = this.#caches.get(layerName(slot));
    if (cache === undefined) throw new TypeError(`${slot.name} was not cached in the trace`);
    return cache.add(x, axis);
  }

  inputs(): NamedValue[] {
    return [...this.#caches].map(([name, { past }]) => ({ name: `past_key_values.${name}`, value: past }));
  }

  outputs(): NamedValue[] {
    return [...this.#caches].map(([name, cache]) => ({ name: `present.${name}`, value: cache.present() }));
  }

  /** Undefined where there are no values beside the keys. */
  sizes(): CacheSizes | undefined {
    const values = [...this.#caches.values()].filter(({ part }) => part === 'value');
    const [, heads, , headSize] = values[0]?.past.shape ?? [];
    return values.length === 0
      ? undefined
      : { layers: values.length, heads: Number(heads), headSize: Number(headSize) };
  }
}

/** One tensor of cache, (B, H, P, D), and what a run puts behind it: all heads at once, or a head at a time. */
class LayerCache {
  readonly part: CacheSlot['part'];
  readonly past: Value;
  readonly #grown: Value[] = [];

  constructor(name: string, parts: readonly CachedTensor[]) {
    const [first] = parts;
    if (first === undefined) throw new TypeError('a cache holds something');
    const { value, slot } = first;
    const heads: Dimension = value.rank === 4 ? (value.shape[1] ?? 1) : parts.length;
    this.part = slot.part;
    this.past = input(`past_key_values.${name}`, value.type, [batch, heads, past, value.shape.at(-1) ?? 1]);
  }

  /** @param x (B, H, T, D), or of one head (B, T, D) @returns the past and `x`, shaped like it */
  add(x: Value, axis: number): Value {
    const head = this.#grown.length;
    const before = x.rank === 4 ? this.past : squeeze(slice(this.past, { axis: 1, start: head, end: head + 1 }), [1]);
    const joined = concat([before, x], { axis });
    this.#grown.push(x.rank === 4 ? joined : unsqueeze(joined, [1]));
    return joined;
  }

  present(): Value {
    const [first] = this.#grown;
    return first !== undefined && this.#grown.length === 1 ? first : concat(this.#grown, { axis: 1 });
  }
}

/** The tools know keys and values only, and look for both under these names; what is neither stands in the keys' place. */
function layerName({ layer, part }: CacheSlot): string {
  return `${layer}.${part === 'value' ? 'value' : 'key'}`;
}
