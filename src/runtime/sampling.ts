import { UserError } from '../errors.ts';
import { uniform } from '../random/counter.ts';

/** How a token is drawn from logits. */
export interface SamplingOptions {
  /** Divides the logits: below 1 sharper, above 1 flatter; 0 takes the most probable token always. Default 1. */
  readonly temperature?: number;
  /** Only the k most probable tokens take part; 0 (the default) is off. */
  readonly topK?: number;
  /** Only the most probable tokens whose probabilities together reach p take part, at least one; 1 (the default) is off. */
  readonly topP?: number;
  /** Chooses the series of random numbers. Default 0. */
  readonly seed?: number;
}

/** The tokens that take part in a draw, most probable first, and their cumulated weights. */
export interface Candidates {
  /** Token ids by falling logit; of equal logits the lower id first. */
  readonly tokens: Int32Array;
  /** float32: entry i is the sum of the weights 0 … i. The last entry is the mass from which is drawn. */
  readonly cumulated: Float32Array;
}

/** A rule for one option: what is allowed, in words and in code. */
type Rule = readonly [name: keyof SamplingOptions, allowed: string, holds: (value: number) => boolean];

const rules: readonly Rule[] = [
  ['temperature', 'a number from 0', (value) => value >= 0 && Number.isFinite(value)],
  ['topK', 'a whole number from 0 (0 = off)', (value) => Number.isInteger(value) && value >= 0],
  ['topP', 'a number above 0 and up to 1 (1 = off)', (value) => value > 0 && value <= 1],
  ['seed', 'a whole number', (value) => Number.isSafeInteger(value)],
];

/** @throws UserError when an option has a value that means nothing */
export function checkSampling(options: SamplingOptions): void {
  for (const [name, allowed, holds] of rules) {
    const value = options[name];
    if (value !== undefined && !holds(value)) {
      throw new UserError(`The sampling option ${name} must be ${allowed}, not ${value}.`, { exitCode: 2 });
    }
  }
}

/**
 * Draws one token. The same logits, options and step give the same token always, everywhere.
 *
 * All arithmetic is float32, each operation rounded, in this order (a graph does the same with TopK and CumSum):
 * 1. With temperature 0 the token is the one of the largest logit, of equal ones the lowest id; nothing is drawn.
 * 2. Sort by falling logit, of equal logits the lower id first; keep the first `topK`.
 * 3. weight[i] = exp((logit[i] − logit[0]) / temperature); cumulated[i] = weight[0] + … + weight[i], summed from the left;
 *    total = the last of them.
 * 4. Keep i = 0 and every i with cumulated[i − 1] < topP · total: the fewest tokens whose probability reaches topP.
 * 5. mass = the last cumulated[i] kept; threshold = uniform(seed, step) · mass; the token is the first i with
 *    cumulated[i] > threshold, or the last one kept if rounding leaves none.
 *
 * @param logits one per token, in id order
 * @param options.step how many tokens were drawn before with this seed
 * @throws UserError for options that mean nothing, or logits that are NaN or not one of them finite
 */
export function sample(logits: Float32Array, options: SamplingOptions & { readonly step?: number } = {}): number {
  checkSampling(options);
  const { seed = 0, step = 0 } = options;
  const { tokens, cumulated } = candidates(logits, options);
  const last = tokens.length - 1;
  const threshold = Math.fround(uniform(seed, step) * (cumulated[last] ?? 0));
  const chosen = cumulated.findIndex((sum) => sum > threshold);
  return tokens[chosen < 0 ? last : chosen] ?? 0;
}

/**
 * Steps 1 to 4 of `sample`: which tokens take part, and with what weight. The probability of entry i is
 * (cumulated[i] − cumulated[i − 1]) / the last entry.
 */
export function candidates(logits: Float32Array, options: SamplingOptions = {}): Candidates {
  const temperature = Math.fround(options.temperature ?? 1);
  const largest = largestLogit(logits);
  if (temperature === 0) {
    return { tokens: Int32Array.of(logits.indexOf(largest)), cumulated: Float32Array.of(1) };
  }
  const topK = options.topK === undefined || options.topK === 0 ? logits.length : Math.min(options.topK, logits.length);
  const tokens = Int32Array.from(logits.keys())
    .sort((left, right) => (logits[right] ?? 0) - (logits[left] ?? 0) || left - right)
    .subarray(0, topK);
  const cumulated = new Float32Array(topK);
  let sum = 0;
  for (const [index, token] of tokens.entries()) {
    const exponent = Math.fround(Math.fround((logits[token] ?? 0) - largest) / temperature);
    sum = Math.fround(sum + Math.fround(Math.exp(exponent)));
    cumulated[index] = sum;
  }
  const reach = Math.fround(Math.fround(options.topP ?? 1) * sum);
  const beyond = cumulated.findIndex((before) => before >= reach);
  const kept = beyond < 0 ? topK : beyond + 1;
  return { tokens: tokens.slice(0, kept), cumulated: cumulated.slice(0, kept) };
}

function largestLogit(logits: Float32Array): number {
  if (logits.length === 0) throw new UserError('There are no logits to draw a token from.');
  let largest = Number.NEGATIVE_INFINITY;
  for (const [token, logit] of logits.entries()) {
    if (Number.isNaN(logit)) throw new UserError(`The logit of token ${token} is NaN: the model's weights are broken.`);
    if (logit > largest) largest = logit;
  }
  if (!Number.isFinite(largest))
    throw new UserError(`The largest logit is ${largest}: the model's weights are broken.`);
  return largest;
}
