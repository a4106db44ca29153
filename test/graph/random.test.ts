import { describe, expect, test } from 'vitest';
import {
  constant,
  countOf,
  hashOf,
  input,
  type Shape,
  seededDropout,
  uniformFromBitsOf,
  type Value,
} from '../../src/graph/index.ts';
import { hash, uniform } from '../../src/random/counter.ts';
import { outerHash, threshold } from '../../src/random/outer.ts';
import { elementCount, tensor } from '../../src/runtime/tensor.ts';
import { distance, numbersOf, runGraph } from '../support/run-graph.ts';

/** Integers that have tripped hashes before: zero, the extremes, and a spread of others. */
const seeds = [0, 1, -1, 2, 1337, 2 ** 31 - 1, -(2 ** 31), 65536, -65537, 123456789, -987654321];

async function evaluate(
  inputs: Record<string, Value>,
  output: Value,
  feeds: Parameters<typeof runGraph>[1],
): Promise<number[]> {
  return numbersOf((await runGraph({ inputs, outputs: { output } }, feeds)).output);
}

describe('the graph draws the numbers that the host draws, bit for bit', () => {
  const [seed, step] = [input('seed', 'int32', ['n', 1]), input('step', 'int32', ['m'])];
  const feeds = {
    seed: tensor('int32', [seeds.length, 1], seeds),
    step: tensor('int32', [seeds.length], seeds),
  };
  const pairs = seeds.flatMap((first) => seeds.map((second): [number, number] => [first, second]));

  test('a hash of a seed', async () => {
    const found = await evaluate({ seed }, hashOf(seed), { seed: feeds.seed });
    expect(found).toEqual(seeds.map((value) => hash(value)));
  });

  test('a hash of a seed and a counter, which broadcast', async () => {
    const found = await evaluate({ seed, step }, hashOf(seed, step), feeds);
    expect(found).toEqual(pairs.map(([first, second]) => hash(first, second)));
  });

  test('counters that are numbers, folded into constants', async () => {
    const found = await evaluate({ step }, hashOf(1337, step, 3, -9), { step: feeds.step });
    expect(found).toEqual(seeds.map((value) => hash(1337, value, 3, -9)));
  });

  test('uniform numbers', async () => {
    const found = await evaluate({ seed, step }, uniformFromBitsOf(hashOf(seed, step)), feeds);
    expect(found).toEqual(pairs.map(([first, second]) => uniform(first, second)));
    const bits = input('bits', 'int32', [seeds.length]);
    const extremes = await evaluate({ bits }, uniformFromBitsOf(bits), {
      bits: tensor('int32', [seeds.length], seeds),
    });
    expect(Math.min(...extremes)).toBe(0);
    expect(Math.max(...extremes)).toBe(1 - 2 ** -24);
  });
});

test.each<[what: string, shape: Shape]>([
  ['numbers', [3, 4]],
  ['symbols', ['batch', 'time']],
  ['both', ['batch', 4]],
])('counts to the length of axes of %s', async (_what, shape) => {
  const x = input('x', 'float32', shape);
  const feed = { x: tensor('float32', [3, 4], new Float32Array(12)) };
  expect(await evaluate({ x }, countOf(x, 0, 1), feed)).toEqual([0, 1, 2]);
  expect(await evaluate({ x }, countOf(x, 0, 2), feed)).toEqual(Array.from({ length: 12 }, (_, index) => index));
});

describe('dropout', () => {
  const sizes = [3, 5, 8];
  const rows = 15;
  const [seed, step] = [input('seed', 'int32', []), input('step', 'int32', [])];

  /** What the graph must drop: computed with the host's functions alone. */
  function expected(
    x: readonly number[],
    columns: number,
    rate: number,
    given: { seed: number; step: number; site: number },
  ): number[] {
    const hashes = (stream: number, length: number): Int32Array =>
      Int32Array.from({ length }, (_, index) => hash(given.seed, given.step, 2 * given.site + stream, index));
    const bits = outerHash(hashes(0, x.length / columns), hashes(1, columns));
    return x.map((value, index) =>
      (bits[index] ?? 0) < threshold(rate) ? 0 : Math.fround(value * Math.fround(1 / (1 - rate))),
    );
  }

  async function dropped(
    shape: Shape,
    actual: readonly number[],
    rate: number,
    given: { seed: number; step: number; site: number },
  ): Promise<{ data: number[]; found: number[] }> {
    const x = input('x', 'float32', shape);
    const data = Array.from({ length: elementCount(actual) }, (_, index) => Math.fround(1 + index / 7));
    const output = seededDropout(x, { rate, source: { seed, step }, site: given.site });
    const found = await evaluate({ x, seed, step }, output, {
      x: tensor('float32', actual, data),
      seed: tensor('int32', [], [given.seed]),
      step: tensor('int32', [], [given.step]),
    });
    return { data, found };
  }

  test.each<[what: string, shape: Shape]>([
    ['numbers', sizes],
    ['a symbolic batch and time', ['batch', 'time', 8]],
    ['symbols only', ['batch', 'time', 'width']],
    ['a symbolic time alone', [3, 'time', 8]],
  ])('drops the same elements with a shape of %s as the host computes', async (_what, shape) => {
    for (const [index, rate] of [0.2, 0.5, 0.9].entries()) {
      const given = { seed: seeds[index + 4] ?? 0, step: 17 * index, site: index };
      const { data, found } = await dropped(shape, sizes, rate, given);
      expect(distance(found, expected(data, 8, rate, given))).toBe(0);
    }
  });

  test('drops the asked share, scales the rest, and keeps the mean', async () => {
    for (const rate of [0.1, 0.2, 0.5]) {
      const { data, found } = await dropped(['rows', 'columns'], [200, 500], rate, { seed: 5, step: 6, site: 7 });
      const share = found.filter((value) => value === 0).length / found.length;
      expect(Math.abs(share - rate)).toBeLessThan(0.006); // four standard deviations
      const wrong = found.filter(
        (value, index) => value !== 0 && Math.abs(value * (1 - rate) - (data[index] ?? 0)) > 1e-2,
      );
      expect(wrong).toEqual([]);
    }
  });

  test('seed, step and site each drop others; the same three drop the same', async () => {
    const base = { seed: 1, step: 2, site: 3 };
    const draws = [base, base, { ...base, seed: 2 }, { ...base, step: 3 }, { ...base, site: 4 }];
    const found = await Promise.all(draws.map((given) => dropped([rows, 8], [rows, 8], 0.5, given)));
    const masks = found.map(({ found: values }) => values.map((value) => (value === 0 ? '.' : 'x')).join(''));
    expect(masks[1]).toBe(masks[0]);
    expect(new Set(masks).size).toBe(4);
  });

  test('a rate of 0 adds nothing to the graph', () => {
    const x = constant([1, 2]);
    expect(seededDropout(x, { rate: 0, source: { seed, step }, site: 0 })).toBe(x);
  });
});
