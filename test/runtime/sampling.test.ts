import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { candidates, type SamplingOptions, sample } from '../../src/runtime/sampling.ts';

const logits = Float32Array.of(0.5, 2, -1, 2, 0, 1.25, -3, 0.5);

/** The definition, in float64: softmax of logits / temperature over the tokens that take part. */
function exactProbabilities(temperature: number, takesPart: (token: number) => boolean): number[] {
  const weights = [...logits].map((logit, token) => (takesPart(token) ? Math.exp(logit / temperature) : 0));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Pearson's statistic of `draws` samples against the expected probabilities, and its degrees of freedom. */
function chiSquare(options: SamplingOptions, expected: readonly number[], draws: number): [number, number] {
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
  ])('%s', (_, options, temperature, takesPart) => {
    const [statistic, freedom] = chiSquare(options, exactProbabilities(temperature, takesPart), 20_000);
    expect(statistic).toBeLessThan(critical[freedom] ?? 0);
  });
});

describe('which tokens take part', () => {
  const tokens = (values: readonly number[], options: SamplingOptions) => [
    ...candidates(Float32Array.from(values), options).tokens,
  ];

  test('all, most probable first, the lower id first where equal', () => {
    expect(tokens([...logits], {})).toEqual([1, 3, 5, 0, 7, 4, 2, 6]);
  });

  test('temperature 0 takes the largest, the lowest id where equal, whatever the other options say', () => {
    expect(tokens([...logits], { temperature: 0, topK: 3, topP: 0.5 })).toEqual([1]);
    for (let step = 0; step < 20; step += 1) expect(sample(logits, { temperature: 0, step })).toBe(1);
  });

  test('top-k keeps k, all when there are fewer, and 0 is off', () => {
    expect(tokens([...logits], { topK: 1 })).toEqual([1]);
    expect(tokens([...logits], { topK: 2 })).toEqual([1, 3]);
    expect(tokens([...logits], { topK: 100 })).toHaveLength(8);
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

test('the same seed and step draw the same token, other steps and seeds others', () => {
  const draw = (seed: number) => Array.from({ length: 40 }, (_, step) => sample(logits, { seed, step }));
  expect(draw(1)).toEqual(draw(1));
  expect(draw(1)).not.toEqual(draw(2));
  expect(new Set(draw(1)).size).toBeGreaterThan(2);
});

describe('what means nothing is refused', () => {
  test.each<[SamplingOptions, string]>([
    [{ temperature: -1 }, 'The sampling option temperature must be a number from 0, not -1.'],
    [{ temperature: Number.NaN }, 'not NaN'],
    [{ temperature: Number.POSITIVE_INFINITY }, 'not Infinity'],
    [{ topK: -1 }, 'topK must be a whole number from 0 (0 = off), not -1'],
    [{ topK: 1.5 }, 'not 1.5'],
    [{ topP: 0 }, 'topP must be a number above 0 and up to 1 (1 = off), not 0'],
    [{ topP: 1.01 }, 'not 1.01'],
    [{ topP: Number.NaN }, 'not NaN'],
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
