import { UserError } from '../../errors.ts';
import { uniform } from '../../random/counter.ts';
import { largestFirst } from './largest-first.ts';
import { checkSampling, type SamplingOptions } from './sampling-options.ts';

export { checkSampling, type SamplingOptions } from './sampling-options.ts';

/** The tokens that take part in a draw, most probable first, and their cumulated weights. */
export interface Candidates {
  /** Token ids by descending logit; of equal logits the lower id first. */
  readonly tokens: Int32Array;
  /** float32: entry i is the sum of the weights 0 … i. The last entry is the mass from which is drawn. */
  readonly cumulated: Float32Array;
}

/** The position of a draw in its text. */
export interface DrawPlace {
  /** How many tokens were drawn before with this seed. Default 0. */
  readonly step?: number;
  /** The tokens that are in the text already, in any order, for the repetition penalty. None unless told. */
  readonly seen?: Iterable<number>;
}

/**
 * A weight below 2^-24 changes no float32 sum of 1 or more, and the first weight is 1. Its exponent is below this number; ln 2^-24 is
 * −16.64, and the rest is room for roundings.
 */
const exponentWithoutEffect = -16.7;

/**
 * Draws one token. The same logits, options and step give the same token always, everywhere.
 *
 * All arithmetic is float32, each operation rounded, in this order (a graph does the same with TopK and CumSum):
 * 1. With a repetition penalty, the logit of each token in `seen` is divided by it if above 0, else multiplied.
 * 2. Greedy takes the token of the largest logit, of equal ones the lowest id; nothing is drawn.
 * 3. Sort by descending logit, of equal logits the lower id first; keep the first `topK`.
 * 4. weight[i] = exp((logit[i] − logit[0]) / temperature); cumulated[i] = weight[0] + … + weight[i], summed from the left;
 *    total = the last of them.
 * 5. Keep i = 0 and every i with cumulated[i − 1] < topP · total: the fewest tokens whose probability reaches topP.
 *    Of these keep every i with weight[i] ≥ minP.
 * 6. mass = the last cumulated[i] kept; threshold = uniform(seed, step) · mass; the token is the first i with
 *    cumulated[i] > threshold, or the last one kept if rounding leaves none.
 *
 * @param logits one per token, in id order; they stay as they are
 * @throws UserError for invalid options, a topK above the number of logits, or logits of which one is NaN or none is finite
 */
export function sample(logits: Float32Array, options: SamplingOptions & DrawPlace = {}): number {
  checkSampling(options, logits.length);
  const { seed = 0, step = 0 } = options;
  const { tokens, cumulated } = candidates(logits, options);
  const last = tokens.length - 1;
  const threshold = Math.fround(uniform(seed, step) * (cumulated[last] ?? 0));
  return (
    tokens[
      Math.min(
        firstWhere(cumulated, (sum) => sum > threshold),
        last,
      )
    ] ?? 0
  );
}

/**
 * Steps 1 to 5 of `sample`: which tokens take part, and with what weight. The probability of entry i is
 * (cumulated[i] − cumulated[i − 1]) / the last entry.
 */
export function candidates(logits: Float32Array, options: SamplingOptions & Pick<DrawPlace, 'seen'> = {}): Candidates {
  const { greedy = false, topK = 0, topP = 1, minP = 0 } = options;
  const scores = penalized(logits, options);
  const largest = largestLogit(scores);
  // A temperature too small for float32 is as good as none: all but the largest logit would weigh nothing.
  const temperature = greedy ? 0 : Math.fround(options.temperature ?? 1);
  if (temperature === 0) {
    return { tokens: Int32Array.of(scores.indexOf(largest)), cumulated: Float32Array.of(1) };
  }
  const least = largest + exponentWithoutEffect * temperature;
  const tokens = largestFirst(scores, { least, most: topK === 0 ? scores.length : topK });
  const { weights, cumulated } = weigh(scores, tokens, temperature);
  const reach = Math.fround(Math.fround(topP) * (cumulated.at(-1) ?? 0));
  const reached = firstWhere(cumulated, (sum) => sum >= reach);
  const kept = Math.min(
    reached + 1,
    firstWhere(weights, (weight) => weight < Math.fround(minP)),
  );
  return { tokens: tokens.slice(0, kept), cumulated: cumulated.slice(0, kept) };
}

/** The logits with the repetition penalty; the same array where there is none. */
function penalized(
  logits: Float32Array,
  { repetitionPenalty = 1, seen = [] }: SamplingOptions & Pick<DrawPlace, 'seen'>,
): Float32Array {
  if (repetitionPenalty === 1) return logits;
  const penalty = Math.fround(repetitionPenalty);
  const scores = logits.slice();
  for (const token of seen) {
    const logit = logits[token];
    // The product is float32 as it is stored. A token is penalized once, however often it was seen.
    if (logit !== undefined) scores[token] = logit > 0 ? logit / penalty : logit * penalty;
  }
  return scores;
}

function weigh(
  logits: Float32Array,
  tokens: Int32Array,
  temperature: number,
): { readonly weights: Float32Array; readonly cumulated: Float32Array } {
  const weights = new Float32Array(tokens.length);
  const cumulated = new Float32Array(tokens.length);
  const largest = logits[tokens[0] ?? 0] ?? 0;
  let sum = 0;
  for (let index = 0; index < tokens.length; index += 1) {
    const exponent = Math.fround(Math.fround((logits[tokens[index] ?? 0] ?? 0) - largest) / temperature);
    const weight = Math.fround(Math.exp(exponent));
    sum = Math.fround(sum + weight);
    weights[index] = weight;
    cumulated[index] = sum;
  }
  return { weights, cumulated };
}

/** Binary search: the first index at which a condition holds that then holds at all later ones; the length where it never does. */
function firstWhere(numbers: Float32Array, holds: (value: number) => boolean): number {
  let [start, end] = [0, numbers.length];
  while (start < end) {
    const middle = (start + end) >> 1;
    if (holds(numbers[middle] ?? 0)) end = middle;
    else start = middle + 1;
  }
  return start;
}

function largestLogit(logits: Float32Array): number {
  if (logits.length === 0) throw new UserError('There are no logits to draw a token from.');
  let largest = Number.NEGATIVE_INFINITY;
  for (let token = 0; token < logits.length; token += 1) {
    const logit = logits[token] ?? 0;
    if (Number.isNaN(logit)) throw new UserError(`The logit of token ${token} is NaN: the model's weights are broken.`);
    if (logit > largest) largest = logit;
  }
  if (!Number.isFinite(largest)) {
    throw new UserError(`The largest logit is ${largest}: the model's weights are broken.`);
  }
  return largest;
}
