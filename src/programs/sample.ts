import {
  add,
  cast,
  constant,
  countOf,
  cumSum,
  div,
  exp,
  gather,
  gatherElements,
  greater,
  hashOf,
  less,
  lessOrEqual,
  min,
  mul,
  range,
  reduceSum,
  slice,
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
  /** float32 (draws, B, 1): see `uniforms`. */
  readonly uniforms: Value;
}

/**
 * The random numbers of all draws, made beforehand in one go: float32 (draws, B, 1). Row b of a batch draws as a batch of one would
 * with seed + b.
 * @param rows any value (B, …)
 * @param steps int32 (draws): how many characters were drawn before each draw
 */
export function uniforms(seed: Value, rows: Value, steps: Value): Value {
  const seeds = add(countOf(rows, 0, 1), seed); // (B)
  return unsqueeze(uniformFromBitsOf(hashOf(seeds, unsqueeze(steps, [1]))), [2]);
}

/**
 * Draws one token a row: the graph's twin of `sample` in src/runtime/generation/sampling.ts, in the same order of operations.
 * @param logits float32 (B, V)
 * @param step int64 or int32 scalar: how many characters were drawn before
 * @returns int32 (B, 1)
 */
export function sampleFrom(logits: Value, step: Value, { temperature, topK, topP, uniforms }: SampleInputs): Value {
  const vocabulary = Number(logits.shape[1]);
  const { values, indices } = topKOf(logits, vocabulary, { axis: 1 }); // (B, V), likeliest first
  const draws = greater(temperature, 0);
  const limit = where(draws, where(greater(topK, 0), min(topK, vocabulary), vocabulary), 1); // where nothing is drawn, the likeliest
  const within = cast(less(range(vocabulary), limit), 'float32'); // (V): ones, and zeros from the limit on
  const exponent = div(sub(values, slice(values, { axis: 1, end: 1 })), where(draws, temperature, 1)); // (B, V)
  const cumulated = cumSum(mul(exp(exponent), within), constant(1, 'int32')); // (B, V)
  const total = slice(cumulated, { axis: 1, start: -1 }); // (B, 1)
  const belowReach = countTrue(less(cumulated, mul(total, topP))); // (B, 1)
  const last = min(belowReach, sub(limit, 1)); // (B, 1): the last one kept
  const threshold = mul(gather(uniforms, step), gatherElements(cumulated, last, { axis: 1 })); // (B, 1)
  const drawn = min(countTrue(lessOrEqual(cumulated, threshold)), last); // (B, 1)
  return cast(gatherElements(indices, drawn, { axis: 1 }), 'int32');
}

/** How many of each row are true. @param flags bool (B, V) @returns int32 (B, 1) */
function countTrue(flags: Value): Value {
  return reduceSum(cast(flags, 'int32'), { axes: [1], keepDims: true });
}
