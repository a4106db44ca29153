import { describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { normals } from '../../../src/random/counter.ts';
import { checkAlternatives, scoreToken } from '../../../src/runtime/generation/log-probabilities.ts';

test.each([1, 11, 65, 5000])('the probabilities of all of %i tokens sum to 1', (size) => {
  for (const spread of [0, 1, 30]) {
    const { alternatives } = scoreToken(normals(size, spread, size), 0, size);
    expect(alternatives).toHaveLength(size);
    expect(new Set(alternatives.map(({ token }) => token)).size).toBe(size);
    const sum = alternatives.reduce((total, { logProbability }) => total + Math.exp(logProbability), 0);
    expect(Math.abs(sum - 1)).toBeLessThan(1e-12);
  }
});

test('they are those of the softmax, by hand', () => {
  // Logits ln 1, ln 2, ln 5: probabilities 1/8, 2/8, 5/8.
  const { token, logProbability, alternatives } = scoreToken(Float32Array.from([1, 2, 5].map(Math.log)), 1, 2);
  expect(token).toBe(1);
  expect(logProbability).toBeCloseTo(Math.log(2 / 8), 6);
  expect(alternatives.map((alternative) => alternative.token)).toEqual([2, 1]);
  expect(alternatives[0]?.logProbability).toBeCloseTo(Math.log(5 / 8), 6);
  expect(alternatives[1]?.logProbability).toBe(logProbability);
});

test('large logits overflow nothing, and a token of no probability has none', () => {
  const scored = scoreToken(Float32Array.of(1e30, 1e30, Number.NEGATIVE_INFINITY), 2, 3);
  expect(scored.logProbability).toBe(Number.NEGATIVE_INFINITY);
  expect(scored.alternatives.map(({ token }) => token)).toEqual([0, 1, 2]);
  expect(scored.alternatives[0]?.logProbability).toBeCloseTo(Math.log(0.5), 12);
});

test('of equal ones the lower id comes first, and none are told where none are asked for', () => {
  expect(scoreToken(Float32Array.of(1, 2, 2, 1), 0, 3).alternatives.map(({ token }) => token)).toEqual([1, 2, 0]);
  expect(scoreToken(Float32Array.of(1, 2), 0, 0).alternatives).toEqual([]);
});

describe('numbers of alternatives that can’t be are refused', () => {
  test.each([
    [-1, 'must be a whole number from 0, not -1'],
    [1.5, 'not 1.5'],
    [Number.NaN, 'not NaN'],
    [12, '12 alternatives were asked for, but the vocabulary has 11 tokens'],
  ])('%d', (alternatives, message) => {
    expect(() => checkAlternatives(alternatives, 11)).toThrow(UserError);
    expect(() => checkAlternatives(alternatives, 11)).toThrow(message);
  });
});
