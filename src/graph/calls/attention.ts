import { emit } from '../emit.ts';
import type { Value } from '../value.ts';

/** Attention in one node, for runtimes that have a kernel of it. */

/** What a fused attention yields: the mixed values, and all keys and values it has seen, (B, H, S, D). */
export interface Attended {
  readonly mixed: Value;
  readonly keys: Value;
  readonly values: Value;
}

export interface AttentionOptions {
  /** What the scores are multiplied with. */
  readonly scale: number;
  /** Whether each token sees itself and what came before it only. */
  readonly causal?: boolean;
  /** bool (T, S) or (B, 1, T, S): who may look at whom. */
  readonly mask?: Value;
  /** (B, H, past, D): what goes before key and value. */
  readonly past?: readonly [keys: Value, values: Value];
}

/** Softmax attention of queries (B, H, T, D) over keys and values. ONNX Attention-23. */
export function attention(
  query: Value,
  key: Value,
  value: Value,
  { scale, causal = false, mask, past }: AttentionOptions,
): Attended {
  const inputs = past === undefined && mask === undefined ? [] : [mask, ...(past ?? [])];
  const attributes = { ...(causal ? { is_causal: 1 } : {}), scale };
  const [mixed, keys, values] = emit('Attention', [query, key, value, ...inputs], attributes);
  if (mixed === undefined || keys === undefined || values === undefined) throw new TypeError('Attention yields three');
  return { mixed, keys, values };
}

export interface GroupQueryAttentionOptions {
  readonly heads: number;
  readonly scale: number;
  /** int32 (B): the place of each row's last key. */
  readonly lastPlaces: Value;
  /** int32 scalar: how many keys there are in all. */
  readonly length: Value;
  /** (B, H, past, D). */
  readonly past?: readonly [keys: Value, values: Value];
}

/** Causal softmax attention of packed queries, keys and values (B, T, H·D). ONNX Runtime's com.microsoft.GroupQueryAttention-1. */
export function groupQueryAttention(
  query: Value,
  key: Value,
  value: Value,
  { heads, scale, lastPlaces, length, past }: GroupQueryAttentionOptions,
): Attended {
  const [pastKeys, pastValues] = past ?? [];
  const inputs = [query, key, value, pastKeys, pastValues, lastPlaces, length];
  const attributes = { num_heads: heads, kv_num_heads: heads, scale };
  const [mixed, keys, values] = emit('com.microsoft.GroupQueryAttention', inputs, attributes);
  if (mixed === undefined || keys === undefined || values === undefined) {
    throw new TypeError('GroupQueryAttention yields three');
  }
  return { mixed, keys, values };
}
