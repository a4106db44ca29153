import {
  add,
  and,
  cast,
  concat,
  constant,
  countOf,
  cumSum,
  div,
  exp,
  gatherElements,
  greater,
  hashOf,
  less,
  lessOrEqual,
  min,
  mul,
  or,
  range,
  reduceMax,
  reduceSum,
  slice,
  squeeze,
  sub,
  topK as topKOf,
  uniformFromBitsOf,
  unsqueeze,
  type Value,
  where,
} from '../graph/index.ts';

export interface SampleInputs {
  /** float32 scalar; 0 takes the likeliest character. */
  readonly temperature: Value;
  /** int32 scalar; 0 leaves all in. */
  readonly topK: Value;
  /** float32 scalar; 1 leaves all in. */
  readonly topP: Value;
  /** int32 scalar. Row b of a batch draws as a batch of one would with seed + b. */
  readonly seed: Value;
  /** int32 scalar: how many characters were drawn before. */
  readonly step: Value;
}

/**
 * Draws one token a row: the graph's twin of `sample` in src/runtime/sampling.ts, in the same order of operations.
 * @param logits float32 (B, V)
 * @returns int32 (B)
 */
export function sampleFrom(logits: Value, { temperature, topK, topP, seed, step }: SampleInputs): Value {
  const vocabulary = Number(logits.shape[1]);
  const { values, indices } = topKOf(logits, vocabulary, { axis: 1 }); // (B, V), likeliest first
  const rank = range(vocabulary); // (V)
  const draws = greater(temperature, 0);
  const exponent = div(sub(values, slice(values, { axis: 1, end: 1 })), where(draws, temperature, 1)); // (B, V)
  const limit = where(greater(topK, 0), topK, vocabulary);
  const weights = where(less(rank, limit), exp(exponent), 0); // (B, V)
  const cumulated = cumSum(weights, constant(1, 'int32')); // (B, V)
  const total = reduceMax(cumulated, { axes: [1], keepDims: true }); // (B, 1)
  const first = slice(cumulated, { axis: 1, end: 1 }); // (B, 1)
  const before = concat([sub(first, first), slice(cumulated, { axis: 1, end: -1 })], { axis: 1 }); // (B, V)
  const kept = and(less(rank, limit), or(less(before, mul(total, topP)), less(rank, 1))); // (B, V)
  const mass = reduceMax(where(kept, cumulated, 0), { axes: [1], keepDims: true }); // (B, 1)
  const row = countOf(logits, 0, 1); // (B)
  const uniform = unsqueeze(uniformFromBitsOf(hashOf(add(row, seed), step)), [1]); // (B, 1)
  const passed = and(kept, lessOrEqual(cumulated, mul(uniform, mass))); // (B, V)
  const countTrue = (flags: Value): Value => reduceSum(cast(flags, 'int32'), { axes: [1], keepDims: true }); // (B, 1)
  const drawn = min(countTrue(passed), sub(countTrue(kept), 1)); // (B, 1)
  const chosen = mul(drawn, cast(draws, 'int32')); // (B, 1): 0, the likeliest, where nothing is drawn
  return cast(squeeze(gatherElements(indices, chosen, { axis: 1 }), [1]), 'int32');
}
