import { addDimensions, type Dimension, formatShape, sameShape } from '../dimensions.ts';
import { emit } from '../emit.ts';
import type { Operator, OperatorCall, OutputType, Value } from '../value.ts';
import { mustAgree, mustBe, required, withAxis } from './rules.ts';

/** Attention in one node, for runtimes that have a kernel of it. */

/** What a fused attention yields: the mixed values, and all keys and values it has seen, (B, H, S, D). */
export interface Attended {
  readonly mixed: Value;
  readonly keys: Value;
  readonly values: Value;
}

function cached(past: Value | undefined, own: Value): OutputType {
  const length = addDimensions(past?.shape[2] ?? 0, own.shape[2] ?? 0);
  if (past !== undefined && !sameShape(withAxis(past.shape, 2, 0), withAxis(own.shape, 2, 0))) {
    throw new Error(`the past ${formatShape(past.shape)} does not go before ${formatShape(own.shape)}`);
  }
  return { type: own.type, shape: withAxis(own.shape, 2, length) };
}

const attentionOperator: Operator = {
  name: 'Attention',
  since: 23,
  attributes: { is_causal: 'int', scale: 'float' },
  requiredOutputs: 1,
  infer: (call) => {
    const [query, key, value] = [required(call, 0), required(call, 1), required(call, 2)];
    for (const part of [query, key, value]) {
      mustBe(part, 'float32', 'float16');
      mustAgree(query, part);
      if (part.rank !== 4) throw new Error('query, key and value must have the axes batch, head, time and width');
    }
    const [mask, pastKeys, pastValues] = call.inputs.slice(3);
    if (mask !== undefined) mustBe(mask, 'bool', query.type);
    return [{ type: query.type, shape: query.shape }, cached(pastKeys, key), cached(pastValues, value)];
  },
};

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
  const [mixed, keys, values] = emit(attentionOperator, [query, key, value, ...inputs], attributes);
  if (mixed === undefined || keys === undefined || values === undefined) throw new TypeError('Attention yields three');
  return { mixed, keys, values };
}

const groupQueryAttentionOperator: Operator = {
  name: 'GroupQueryAttention',
  domain: 'com.microsoft',
  since: 1,
  attributes: { num_heads: 'int', kv_num_heads: 'int', scale: 'float' },
  infer: (call) => {
    const [query, key] = [required(call, 0), required(call, 1)];
    mustBe(query, 'float32', 'float16');
    if (query.rank !== 3) throw new Error('query, key and value must have the axes batch, time and width');
    mustBe(required(call, 5), 'int32');
    mustBe(required(call, 6), 'int32');
    const present = packedCache(call, key);
    return [{ type: query.type, shape: query.shape }, present, present];
  },
};

function packedCache({ inputs, attributes }: OperatorCall, key: Value): OutputType {
  const heads = Number(attributes.kv_num_heads);
  const [batch = 1, time = 1, width = 1] = key.shape;
  const past: Dimension = inputs[3]?.shape[2] ?? 0;
  return { type: key.type, shape: [batch, heads, addDimensions(past, time), Number(width) / heads] };
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
  const [mixed, keys, values] = emit(groupQueryAttentionOperator, inputs, attributes);
  if (mixed === undefined || keys === undefined || values === undefined) {
    throw new TypeError('GroupQueryAttention yields three');
  }
  return { mixed, keys, values };
}
