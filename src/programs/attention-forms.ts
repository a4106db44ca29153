import {
  add,
  attention,
  cast,
  dimensionOf,
  expand,
  filled,
  groupQueryAttention,
  reshape,
  slice,
  squeeze,
  sub,
  transpose,
  trilu,
  type Value,
} from '../graph/index.ts';
import type { AttentionInputs, CacheSlot, ModelProgram } from '../model/index.ts';
import type { AttentionForm } from './program-options.ts';

/** Where a fused attention finds what is cached, and leaves what is to be cached. */
export interface Cache {
  /** What a slot held before this run: (B, H, past, D); undefined in a program without a cache. */
  past(slot: CacheSlot): Value | undefined;
  keep(slot: CacheSlot, all: Value): void;
}

export const noCache: Cache = { past: () => undefined, keep: () => {} };

/** What replaces a model's own attention; nothing for `trilu`. @param tokens int32 (B, T) */
export function attentionForm(
  form: AttentionForm,
  tokens: Value,
  cache: Cache = noCache,
): Pick<ModelProgram, 'attention'> {
  return form === 'trilu' ? {} : { attention: forms[form](tokens, cache) };
}

type Attention = NonNullable<ModelProgram['attention']>;

const forms: Readonly<Record<Exclude<AttentionForm, 'trilu'>, (tokens: Value, cache: Cache) => Attention>> = {
  fused: (tokens, cache) => {
    let mask: Value | undefined; // the same for every layer
    return (inputs) => {
      const { query, key, value, scale } = inputs;
      const past = pastOf(inputs, cache);
      if (past !== undefined) mask ??= visibleAfter(past[0], tokens, inputs);
      const causal = past === undefined ? { causal: true } : {};
      const attended = attention(query, key, value, {
        scale,
        ...causal,
        ...(mask === undefined ? {} : { mask }),
        ...(past === undefined ? {} : { past }),
      });
      return keepAll(inputs, attended, cache);
    };
  },
  'group-query': (tokens, cache) => {
    let lengths: { lastPlaces: Value; length: Value } | undefined; // the same for every layer
    return (inputs) => {
      const { query, key, value, scale } = inputs;
      const past = pastOf(inputs, cache);
      lengths ??= lengthsAfter(past?.[0], tokens);
      const [q, k, v] = [packed(query), packed(key), packed(value)]; // (B, T, H·D)
      const [heads, D] = [Number(query.shape[1]), Number(query.shape[3])];
      const attended = groupQueryAttention(q, k, v, {
        heads,
        scale,
        ...lengths,
        ...(past === undefined ? {} : { past }),
      });
      const mixed = keepAll(inputs, attended, cache); // (B, T, H·D)
      return transpose(reshape(mixed, [...mixed.shape.slice(0, 2), heads, D]), [0, 2, 1, 3]); // (B, H, T, D)
    };
  },
};

function pastOf({ keySlot, valueSlot }: AttentionInputs, cache: Cache): readonly [Value, Value] | undefined {
  const [keys, values] = [cache.past(keySlot), cache.past(valueSlot)];
  return keys === undefined || values === undefined ? undefined : [keys, values];
}

function keepAll(
  { keySlot, valueSlot }: AttentionInputs,
  { mixed, keys, values }: { readonly mixed: Value; readonly keys: Value; readonly values: Value },
  cache: Cache,
): Value {
  cache.keep(keySlot, keys);
  cache.keep(valueSlot, values);
  return mixed;
}

/**
 * Which of the past and the new tokens each new token sees: bool (T, past + T). The operator's own `is_causal` would count the
 * queries from the first key on.
 */
function visibleAfter(past: Value, tokens: Value, { block }: AttentionInputs): Value {
  const start = dimensionOf(past, 2);
  const end = add(start, dimensionOf(tokens, 1));
  const triangle = trilu(filled(1, [block, block])); // (block, block)
  const [time = 1, before = 1] = [tokens.shape[1], past.shape[2]];
  const rows = slice(slice(triangle, { axis: 0, start }), { axis: 0, end: dimensionOf(tokens, 1), length: time }); // (T, block)
  return cast(slice(rows, { axis: 1, end, length: `${before} + ${time}` }), 'bool');
}

/** How many keys there are for the new tokens, and the place of the last one in each row: int32 () and (B). */
function lengthsAfter(past: Value | undefined, tokens: Value): { lastPlaces: Value; length: Value } {
  const own = dimensionOf(tokens, 1);
  const all = cast(past === undefined ? own : add(dimensionOf(past, 2), own), 'int32'); // (1)
  return { lastPlaces: expand(sub(all, 1), dimensionOf(tokens, 0)), length: squeeze(all, [0]) };
}

/** (B, H, T, D) → (B, T, H·D). */
function packed(x: Value): Value {
  const apart = transpose(x, [0, 2, 1, 3]); // (B, T, H, D)
  return reshape(apart, [...apart.shape.slice(0, 2), Number(apart.shape[2]) * Number(apart.shape[3])]);
}
