import {
  add,
  equal,
  filled,
  layerNormalization,
  matMul,
  mul,
  parameter,
  scope,
  scopedName,
  softmax,
  squeeze,
  transpose,
  trilu,
  unsqueeze,
  type Value,
  where,
} from '../graph/index.ts';
import { nextAttention, surroundings } from './program.ts';

/** x·W + b over the last axis, the parameters `{name}.weight` (in, size) and `{name}.bias` (size). @param x (…, in) @returns (…, size) */
export function linear(name: string, x: Value, size: number, { bias = true }: { readonly bias?: boolean } = {}): Value {
  return scope(name, () => {
    const y = matMul(x, parameter('weight', [width(x), size])); // (…, size)
    return bias ? add(y, parameter('bias', [size])) : y;
  });
}

/** A table with a vector for each token or position, the parameter `{name}.weight`. @returns (rows, size) */
export function embedding(name: string, rows: number, size: number): Value {
  return scope(name, () => parameter('weight', [rows, size]));
}

/**
 * Each position's vector with mean 0 and variance 1, then scaled (and shifted); the parameters `{name}.weight` and `{name}.bias`.
 * ONNX LayerNormalization-17. @param x (…, C) @returns (…, C)
 */
export function layerNorm(name: string, x: Value, { bias = true }: { readonly bias?: boolean } = {}): Value {
  return scope(name, () => {
    const weight = parameter('weight', [width(x)]);
    return layerNormalization(x, weight, bias ? parameter('bias', [width(x)]) : undefined);
  });
}

/** In training, sets a share of the elements to 0 and scales the others up; else `x` itself. */
export function dropout(x: Value, rate: number): Value {
  return surroundings().program.dropout(x, rate);
}

/** The rows of a table of positions that belong to the tokens at hand. @param table (block, …) @returns (T, …), or (B, T, …) */
export function positions(table: Value): Value {
  const { program, tokens } = surroundings();
  return program.positions(table, tokens);
}

/**
 * All that the model has read, the tokens at hand last: what a layer has to look back on where it isn't `causalAttention`.
 * @param name what it is called in caches, inside the present scope
 * @param x (B, T, …) @returns (B, S, …)
 */
export function withPast(name: string, x: Value): Value {
  return surroundings().program.cached({ ...nextAttention(false).slot('state'), name: scopedName(name) }, x, 1);
}

/** Shows what the layer made of `withPast` looks at, under `attention.{layer}`. @param weights (B, H, T, S), rows that sum to 1 */
export function showAttention(weights: Value): void {
  const { program, layers } = surroundings();
  program.tap(`attention.${layers - 1}`, weights);
}

/**
 * Which tokens see which: row t has ones up to column t and zeros after it (the future). The triangle is made for the whole block and cut
 * to the tokens at hand. ONNX Trilu-14.
 * @param keys those looked at, S of them along `axis`
 * @returns (T, S), or where the sequences of a batch differ (B, T, S), or (B, 1, T, S) for keys of rank 4
 */
export function causalMask(keys: Value, axis: number): Value {
  const { program, tokens, block } = surroundings();
  const visible = program.visible(trilu(filled(1, [block, block])), tokens, keys, axis);
  return visible.rank === 3 && keys.rank === 4 ? unsqueeze(visible, [1]) : visible;
}

export interface CausalAttentionOptions {
  /** What scores are multiplied by; 1/√D unless told. */
  readonly scale?: number;
  /** The share of attention weights dropped in training; 0 unless told. */
  readonly dropout?: number;
}

/**
 * Causal self-attention: each token looks at itself and what came before it. Programs may replace it by another formulation.
 * @param query (B, H, T, D), or of a single head (B, T, D)
 * @param key like the query
 * @param value like the query
 * @returns the mixed values, shaped like the query
 */
export function causalAttention(query: Value, key: Value, value: Value, options: CausalAttentionOptions = {}): Value {
  const { scale = width(query) ** -0.5, dropout: rate = 0 } = options;
  const { program, block } = surroundings();
  const isHead = query.rank === 3;
  const { slot, show } = nextAttention(isHead);
  const [keySlot, valueSlot] = [slot('key'), slot('value')];
  if (program.attention !== undefined) {
    const [q, k, v] = [query, key, value].map((x) => (isHead ? unsqueeze(x, [1]) : x)) as [Value, Value, Value];
    const mixed = program.attention({ keySlot, valueSlot, query: q, key: k, value: v, scale, block });
    return isHead ? squeeze(mixed, [1]) : mixed;
  }
  const time = query.rank - 2;
  const keys = program.cached(keySlot, key, time); // (B, H, S, D)
  const values = program.cached(valueSlot, value, time); // (B, H, S, D)
  const scores = mul(matMul(query, swapped(keys)), scale); // (B, H, T, S)
  const masked = where(equal(causalMask(keys, time), 0), -Infinity, scores); // the future gets −∞
  const weights = softmax(masked, { axis: -1 }); // (B, H, T, S): rows sum to 1
  show({ scores, attention: weights });
  return matMul(dropout(weights, rate), values); // (B, H, T, D)
}

/** A matrix, or a batch of them, transposed. @param x (…, R, C) @returns (…, C, R) */
function swapped(x: Value): Value {
  const axes = [...x.shape.keys()];
  return transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2]);
}

/** The length of the last axis, which every layer must know. */
export function width(x: Value): number {
  const size = x.shape.at(-1);
  if (typeof size !== 'number') throw new TypeError(`a layer needs a vector of known width, not ${x}`);
  return size;
}
