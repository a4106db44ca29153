import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { normals } from '../../../src/random/counter.ts';
import {
  type Candidates,
  candidates,
  type DrawPlace,
  type SamplingOptions,
  sample,
} from '../../../src/runtime/generation/sampling.ts';

const logits = Float32Array.of(0.5, 2, -1, 2, 0, 1.25, -3, 0.5);

/** The definition, in float64: softmax of scores / temperature over the tokens that take part. */
function exactProbabilities(
  temperature: number,
  takesPart: (token: number) => boolean,
  scores: readonly number[] = [...logits],
): number[] {
  const weights = scores.map((score, token) => (takesPart(token) ? Math.exp(score / temperature) : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Pearson's statistic of `draws` samples against the expected probabilities, and its degrees of freedom. */
function chiSquare(
  options: SamplingOptions & Pick<DrawPlace, 'seen'>,
  expected: readonly number[],
  draws: number,
): [number, number] {
  const counts = new Array<number>(logits.length).fill(0);
  for (let step = 0; step < draws; step += 1) {
    const token = sample(logits, { ...options, step });
    counts[token] = (counts[token] ?? 0) + 1;
  }
  let statistic = 0;
  for (const [token, probability] of expected.entries()) {
    const count = counts[token] ?? 0;
    if (probability === 0) expect(count).toBe(0);
    else statistic += (count - probability * draws) ** 2 / (probability * draws);
  }
  return [statistic, expected.filter((probability) => probability > 0).length - 1];
}

/** The value that chi-square passes with probability 0.001, by degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.4). */
const critical = [0, 10.828, 13.816, 16.266, 18.467, 20.515, 22.458, 24.322];

describe('the tokens drawn are distributed as', () => {
  test.each<[string, SamplingOptions, number, (token: number) => boolean]>([
    ['the softmax of the logits', { seed: 1 }, 1, () => true],
    ['the softmax at temperature 0.5', { temperature: 0.5, seed: 2 }, 0.5, () => true],
    ['the softmax at temperature 3', { temperature: 3, seed: 3 }, 3, () => true],
    ['the softmax of the 3 largest', { topK: 3, seed: 4 }, 1, (token) => [1, 3, 5].includes(token)],
    ['the softmax of those that reach 0.9', { topP: 0.9, seed: 5 }, 1, (token) => [0, 1, 3, 5, 7].includes(token)],
    ['the softmax of both', { temperature: 2, topK: 5, topP: 0.6, seed: 6 }, 2, (token) => [1, 3, 5].includes(token)],
    // A fifth of the largest probability is a logit of 2 + ln 0.2 = 0.39; at temperature 2, of 2 + 2 ln 0.2 = −1.22.
    [
      'the softmax of those with 0.2 of the most',
      { minP: 0.2, seed: 7 },
      1,
      (token) => [0, 1, 3, 5, 7].includes(token),
    ],
    ['the same when it is flat', { minP: 0.2, temperature: 2, seed: 8 }, 2, (token) => token !== 6],
    [
      'the softmax of all three',
      { topK: 6, topP: 0.97, minP: 0.3, temperature: 1.5, seed: 9 },
      1.5,
      (token) => [0, 1, 3, 5, 7].includes(token),
    ],
  ])('%s', (_, options, temperature, takesPart) => {
    const [statistic, freedom] = chiSquare(options, exactProbabilities(temperature, takesPart), 20_000);
    expect(statistic).toBeLessThan(critical[freedom] ?? 0);
  });

  // By hand: above 0 divided, below 0 multiplied, each once.
  test.each<[string, SamplingOptions & { seen: number[] }, number[], number, (token: number) => boolean]>([
    [
      'the softmax of penalized logits',
      { repetitionPenalty: 2, seen: [1, 2, 6, 1], seed: 10 },
      [0.5, 1, -2, 2, 0, 1.25, -6, 0.5],
      1,
      () => true,
    ],
    [
      'the softmax of favoured logits',
      { repetitionPenalty: 0.5, seen: [7, 2, 2, 4], seed: 11 },
      [0.5, 2, -0.5, 2, 0, 1.25, -3, 1],
      1,
      () => true,
    ],
    [
      // Weights 1, 1, 0.89, 0.30, 0.24, 0.15: those up to 0.24 reach 0.95, and 0.25 of the most leaves 0.24 out.
      'the softmax with everything at once',
      { repetitionPenalty: 1.5, seen: [1, 3, 0], temperature: 0.7, topK: 6, topP: 0.95, minP: 0.25, seed: 12 },
      [0.5 / 1.5, 2 / 1.5, -1, 2 / 1.5, 0, 1.25, -3, 0.5],
      0.7,
      (token) => [1, 3, 5, 7].includes(token),
    ],
  ])('%s', (_, options, scores, temperature, takesPart) => {
    const [statistic, freedom] = chiSquare(options, exactProbabilities(temperature, takesPart, scores), 20_000);
    expect(statistic).toBeLessThan(critical[freedom] ?? 0);
  });
});

/** The documented steps, word for word: everything sorted by comparison, everything summed. */
function byTheSteps(values: Float32Array, options: SamplingOptions): Candidates {
  const { temperature = 1, topK = 0, topP = 1, minP = 0 } = options;
  const largest = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  const sorted = [...values.keys()]
    .sort((left, right) => (values[right] ?? 0) - (values[left] ?? 0) || left - right)
    .slice(0, topK === 0 ? values.length : topK);
  const weights = sorted.map((token) =>
    Math.fround(Math.exp(Math.fround(Math.fround((values[token] ?? 0) - largest) / Math.fround(temperature)))),
  );
  let sum = 0;
  const cumulated = weights.map((weight) => {
    sum = Math.fround(sum + weight);
    return sum;
  });
  const reach = Math.fround(Math.fround(topP) * sum);
  const isKept = (_: number, index: number): boolean =>
    (index === 0 || (cumulated[index - 1] ?? 0) < reach) && (weights[index] ?? 0) >= Math.fround(minP);
  return {
    tokens: Int32Array.from(sorted.filter(isKept)),
    cumulated: Float32Array.from(cumulated.filter(isKept)),
  };
}

describe('what is left out of sums because it is too small changes nothing: the last bit is that of the documented steps', () => {
  test.each([1, 2, 11, 65, 500, 5000])('%i logits', (size) => {
    const spreads = [0.01, 1, 5, 30, 1000];
    for (const [seed, spread] of spreads.entries()) {
      const values = normals(size, spread, seed);
      if (seed % 2 === 1) for (let token = 0; token < size; token += 3) values[token] = Math.round(values[token] ?? 0);
      if (seed === 2) for (let token = 1; token < size; token += 4) values[token] = Number.NEGATIVE_INFINITY;
      for (const temperature of [1, 0.1, 3, 1e30]) {
        for (const options of [
          {},
          { topK: Math.min(40, size) },
          { topP: 0.9 },
          { minP: 0.01 },
          { topP: 0.5, minP: 0.3 },
        ]) {
          expect(candidates(values, { temperature, ...options })).toEqual(
            byTheSteps(values, { temperature, ...options }),
          );
        }
      }
    }
  });
});

describe('which tokens take part', () => {
  const tokens = (values: readonly number[], options: SamplingOptions) => [
    ...candidates(Float32Array.from(values), options).tokens,
  ];

  test('all, most probable first, the lower id first where equal', () => {
    expect(tokens([...logits], {})).toEqual([1, 3, 5, 0, 7, 4, 2, 6]);
  });

  test('greedy takes the largest, the lowest id where equal, whatever the other options say', () => {
    expect(tokens([...logits], { greedy: true, temperature: 9, topK: 3, topP: 0.5 })).toEqual([1]);
    for (let step = 0; step < 20; step += 1) expect(sample(logits, { greedy: true, step })).toBe(1);
  });

  test('top-k keeps k, and 0 is off', () => {
    expect(tokens([...logits], { topK: 1 })).toEqual([1]);
    expect(tokens([...logits], { topK: 2 })).toEqual([1, 3]);
    expect(tokens([...logits], { topK: 8 })).toHaveLength(8);
    expect(tokens([...logits], { topK: 0 })).toHaveLength(8);
  });

  test('top-p keeps the fewest that reach p: exactly p is enough', () => {
    const quarters = [0, 0, 0, 0];
    expect(tokens(quarters, { topP: 0.25 })).toEqual([0]);
    expect(tokens(quarters, { topP: 0.26 })).toEqual([0, 1]);
    expect(tokens(quarters, { topP: 0.5 })).toEqual([0, 1]);
    expect(tokens(quarters, { topP: 0.75 })).toEqual([0, 1, 2]);
    expect(tokens(quarters, { topP: 1 })).toEqual([0, 1, 2, 3]);
  });

  test('top-p always keeps one', () => {
    expect(tokens([...logits], { topP: 1e-45 })).toEqual([1]);
    expect(tokens([...logits], { topP: 1e-300 })).toEqual([1]);
  });

  test('top-p counts the probabilities that are left by top-k', () => {
    // 0.4, 0.3, 0.2, 0.1: of the first two, 0.4 is 4/7 > 0.5 of what is left.
    const values = [0.4, 0.3, 0.2, 0.1].map(Math.log);
    expect(tokens(values, { topP: 0.5 })).toEqual([0, 1]);
    expect(tokens(values, { topP: 0.5, topK: 2 })).toEqual([0]);
  });

  test('min-p keeps those with a share of the largest probability: exactly the share is enough', () => {
    const halves = [0, Math.log(0.5), Math.log(0.25), Math.log(0.125)];
    expect(tokens(halves, { minP: 0 })).toEqual([0, 1, 2, 3]);
    expect(tokens(halves, { minP: 0.24 })).toEqual([0, 1, 2]);
    expect(tokens(halves, { minP: 0.26 })).toEqual([0, 1]);
    expect(tokens([3, 3, 2, 3], { minP: 1 })).toEqual([0, 1, 3]);
    // The share is of the probabilities after the temperature: at 0.5 they are 1, 1/4, 1/16, 1/64.
    expect(tokens(halves, { minP: 0.24, temperature: 0.5 })).toEqual([0, 1]);
  });

  test('tokens of probability 0 are never drawn', () => {
    expect(tokens([Number.NEGATIVE_INFINITY, 0, -200, 0], {})).toEqual([1, 3]);
  });

  test('a temperature near 0 is greedy, and a large one even', () => {
    expect(tokens([1, 3, 2], { temperature: 1e-30 })).toEqual([1]);
    expect(tokens([1, 3, 2], { temperature: 1e-60 })).toEqual([1]);
    const { cumulated } = candidates(Float32Array.of(1, 3, 2), { temperature: 1e30 });
    expect([...cumulated]).toEqual([1, 2, 3]);
  });
});

describe('the repetition penalty, as Hugging Face applies it', () => {
  const greedy = (values: readonly number[], repetitionPenalty: number, seen: readonly number[]) =>
    sample(Float32Array.from(values), { greedy: true, repetitionPenalty, seen });

  test('divides a logit above 0', () => {
    expect(greedy([3, 2.6, 1], 1.1, [0])).toBe(0); // 2.73
    expect(greedy([3, 2.6, 1], 1.2, [0])).toBe(1); // 2.5
  });

  test('multiplies one below 0', () => {
    expect(greedy([-2, -2.3], 1.1, [0])).toBe(0); // −2.2
    expect(greedy([-2, -2.3], 1.2, [0])).toBe(1); // −2.4
  });

  test('counts a token once, however often it is in the text', () => {
    expect(greedy([3, 2.6], 1.1, [0, 0, 0, 0])).toBe(0);
  });

  test('below 1 favours what is there', () => {
    expect(greedy([3, 2.6], 0.8, [1])).toBe(1); // 3.25
  });

  test('leaves the logits that it was given as they are, and passes over ids that are none', () => {
    const values = Float32Array.of(1, 2);
    expect(sample(values, { greedy: true, repetitionPenalty: 4, seen: [1, 7, -1] })).toBe(0);
    expect([...values]).toEqual([1, 2]);
  });

  test('is nothing without a text, and a text is nothing without it', () => {
    expect(sample(logits, { greedy: true, repetitionPenalty: 9 })).toBe(1);
    expect(sample(logits, { greedy: true, seen: [1] })).toBe(1);
  });
});

test('the same seed and step draw the same token, other steps and seeds others', () => {
  const draw = (seed: number) => Array.from({ length: 40 }, (_, step) => sample(logits, { seed, step }));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(new Set(draw(1)).size).toBeGreaterThan(2);
});

describe('what means nothing is refused', () => {
  test.each<[SamplingOptions, string]>([
    [{ temperature: 0 }, 'The sampling option temperature must be a number above 0 (greedy: true takes the most'],
    [{ temperature: -1 }, 'always), not -1.'],
    [{ temperature: Number.NaN }, 'not NaN'],
    [{ temperature: Number.POSITIVE_INFINITY }, 'not Infinity'],
    [{ topK: -1 }, 'topK must be a whole number from 0 (0 = off), not -1'],
    [{ topK: 1.5 }, 'not 1.5'],
    [{ topP: 0 }, 'topP must be a number above 0 and up to 1 (1 = off), not 0'],
    [{ topP: 1.01 }, 'not 1.01'],
    [{ topP: Number.NaN }, 'not NaN'],
    [{ topK: 9 }, 'topK is 9, but the vocabulary has 8 tokens: choose at most that, or 0 for all'],
    [{ minP: -0.1 }, 'minP must be a number from 0 to 1 (0 = off), not -0.1'],
    [{ minP: 1.1 }, 'not 1.1'],
    [{ minP: Number.NaN }, 'not NaN'],
    [{ repetitionPenalty: 0 }, 'repetitionPenalty must be a number above 0 (1 = off), not 0'],
    [{ repetitionPenalty: Number.NaN }, 'not NaN'],
    [{ seed: 0.5 }, 'seed must be a whole number, not 0.5'],
  ])('%j', (options, message) => {
    expect(() => sample(logits, options)).toThrow(UserError);
    expect(() => sample(logits, options)).toThrow(message);
  });

  test('logits that are broken', () => {
    expect(() => sample(Float32Array.of(0, Number.NaN))).toThrow('The logit of token 1 is NaN');
    expect(() => sample(Float32Array.of(0, Number.POSITIVE_INFINITY))).toThrow('The largest logit is Infinity');
    expect(() => sample(Float32Array.of(Number.NEGATIVE_INFINITY))).toThrow('The largest logit is -Infinity');
    expect(() => sample(new Float32Array(0))).toThrow('There are no logits');
  });
});
