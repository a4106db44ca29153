import { describe, expect, it } from 'vitest';
import { absorb, hash } from '../../src/random/counter.ts';
import { odd, outerHash, threshold } from '../../src/random/outer.ts';
import { chiSquareDeviations, DEVIATIONS, sumDeviations } from './statistics.ts';

const SIZE = 128;
const STEPS = 200;
const ELEMENTS = SIZE * SIZE;

type OuterForm = (rows: Int32Array, columns: Int32Array) => Int32Array;

/** A form that is too cheap, and must fail: without a product, the elements of every rectangle are tied to each other. */
const sum: OuterForm = (rows, columns) =>
  Int32Array.from({ length: ELEMENTS }, (_, k) => {
    return ((rows[Math.floor(k / SIZE)] ?? 0) + (columns[k % SIZE] ?? 0)) | 0;
  });

function hashes(step: number, site: number): Int32Array {
  const state = hash(1337, step, site);
  return Int32Array.from({ length: SIZE }, (_, index) => absorb(state, index));
}

/** The mask of a step as standardized numbers, of mean 0 and variance 1: high where dropped. */
function standardizedMask(form: OuterForm, step: number, probability: number): Float64Array {
  const below = threshold(probability);
  const deviation = Math.sqrt(probability * (1 - probability));
  return Float64Array.from(
    form(hashes(step, 0), hashes(step, 1)),
    (bits) => ((bits < below ? 1 : 0) - probability) / deviation,
  );
}

/** Each statistic of the masks of all steps as a standard normal number. */
function measure(form: OuterForm, probability: number): Record<string, number> {
  let rate = 0;
  let rowSquares = 0;
  let columnSquares = 0;
  let rowRectangles = 0;
  let horizontal = 0;
  let vertical = 0;
  let successive = 0;
  const blocks = new Float64Array(16);
  let previous: Float64Array | undefined;
  for (let step = 0; step < STEPS; step += 1) {
    const mask = standardizedMask(form, step, probability);
    const at = (row: number, column: number): number => mask[row * SIZE + column] ?? 0;
    const columnSums = new Float64Array(SIZE);
    for (let row = 0; row < SIZE; row += 1) {
      let rowSum = 0;
      for (let column = 0; column < SIZE; column += 1) {
        const value = at(row, column);
        rate += value;
        rowSum += value;
        columnSums[column] = (columnSums[column] ?? 0) + value;
        if (column + 1 < SIZE) horizontal += value * at(row, column + 1);
        if (row + 1 < SIZE) vertical += value * at(row + 1, column);
        if (previous !== undefined) successive += value * (previous[row * SIZE + column] ?? 0);
      }
      rowSquares += rowSum ** 2;
    }
    for (const columnSum of columnSums) columnSquares += columnSum ** 2;
    for (let row = 0; row < SIZE; row += 2) {
      for (let column = 0; column < SIZE; column += 2) {
        const corners = [at(row, column), at(row, column + 1), at(row + 1, column), at(row + 1, column + 1)];
        const pattern = corners.reduce((bits, value, corner) => bits + (value > 0 ? 1 << corner : 0), 0);
        blocks[pattern] = (blocks[pattern] ?? 0) + 1;
      }
    }
    rowRectangles += rectangles(mask);
    previous = mask;
  }
  const pairs = (SIZE * (SIZE - 1)) / 2;
  const blockCount = (ELEMENTS / 4) * STEPS;
  return {
    rate: sumDeviations(rate, ELEMENTS * STEPS),
    // A squared row sum is its diagonal plus twice the products of its pairs, each of mean 0 and variance 1.
    'pairs in a row': sumDeviations((rowSquares - diagonal(rate, probability)) / 2, pairs * SIZE * STEPS),
    'pairs in a column': sumDeviations((columnSquares - diagonal(rate, probability)) / 2, pairs * SIZE * STEPS),
    'neighbours in a row': sumDeviations(horizontal, SIZE * (SIZE - 1) * STEPS),
    'neighbours in a column': sumDeviations(vertical, SIZE * (SIZE - 1) * STEPS),
    'the same element a step later': sumDeviations(successive, ELEMENTS * (STEPS - 1)),
    'all rectangles': sumDeviations(rowRectangles, pairs * pairs * STEPS),
    '2 × 2 blocks': chiSquareDeviations(blocks, (pattern) => {
      const ones = [0, 1, 2, 3].filter((corner) => (pattern >> corner) & 1).length;
      return blockCount * probability ** ones * (1 - probability) ** (4 - ones);
    }),
  };
}

/** Σ z² over all elements of all steps, from Σ z: a standardized 0-or-1 has z² = 1 + z · (1 − 2p) / √(p (1 − p)). */
function diagonal(total: number, probability: number): number {
  return ELEMENTS * STEPS + (total * (1 - 2 * probability)) / Math.sqrt(probability * (1 - probability));
}

/** Σ over all pairs of rows and pairs of columns of the product of the four corners. */
function rectangles(mask: Float64Array): number {
  let total = 0;
  for (let row = 0; row < SIZE; row += 1) {
    for (let other = 0; other < row; other += 1) {
      let products = 0;
      let squares = 0;
      for (let column = 0; column < SIZE; column += 1) {
        const product = (mask[row * SIZE + column] ?? 0) * (mask[other * SIZE + column] ?? 0);
        products += product;
        squares += product * product;
      }
      total += (products * products - squares) / 2;
    }
  }
  return total;
}

describe.each([0.1, 0.2, 0.5])('masks from an outer hash at rate %d', (probability) => {
  it('are independent coins as far as every statistic can tell', () => {
    for (const [name, deviations] of Object.entries(measure(outerHash, probability))) {
      expect(Math.abs(deviations), name).toBeLessThan(DEVIATIONS);
    }
  });
});

it('the statistics see the flaw of a plain sum of hashes', () => {
  const deviations = measure(sum, 0.2);
  expect(Math.abs(deviations['all rectangles'] ?? 0)).toBeGreaterThan(100);
  expect(Math.abs(deviations['2 × 2 blocks'] ?? 0)).toBeGreaterThan(100);
});

it('the bits are spread evenly over the int32', () => {
  const counts = new Float64Array(256);
  for (let step = 0; step < STEPS; step += 1) {
    for (const bits of outerHash(hashes(step, 0), hashes(step, 1)))
      counts[bits >>> 24] = (counts[bits >>> 24] ?? 0) + 1;
  }
  expect(Math.abs(chiSquareDeviations(counts, () => (ELEMENTS * STEPS) / 256))).toBeLessThan(DEVIATIONS);
});

it('bits are the wrapped products of the odd hashes, row after row', () => {
  const bits = outerHash(Int32Array.of(3, -2_000_000_000), Int32Array.of(0, 2_147_483_647, 5));
  const expected = [3n, -2_000_000_000n].flatMap((row) =>
    [0n, 2_147_483_647n, 5n].map((column) => Number(BigInt.asIntN(32, (2n * row + 1n) * (2n * column + 1n)))),
  );
  expect([...bits]).toEqual(expected);
  expect(odd(2 ** 31 - 1)).toBe(-1);
});

it('a threshold cuts off its share of the int32', () => {
  expect([threshold(0), threshold(0.25), threshold(0.5), threshold(0.75)]).toEqual([
    -(2 ** 31),
    -(2 ** 30),
    0,
    2 ** 30,
  ]);
  expect(threshold(1 - 2 ** -40)).toBe(2 ** 31 - 1);
  for (const probability of [-0.1, 1, Number.NaN]) expect(() => threshold(probability)).toThrow(RangeError);
});
