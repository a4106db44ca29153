import { expect, test } from 'vitest';
import { hash, normals } from '../../../src/random/counter.ts';
import { largestFirst } from '../../../src/runtime/generation/largest-first.ts';

/** The definition: all positions sorted by comparison, which JavaScript's sort does stably. */
function byComparison(values: Float32Array, least: number, most: number): number[] {
  return [...values.keys()]
    .filter((position) => (values[position] ?? 0) >= least)
    .sort((left, right) => (values[right] ?? 0) - (values[left] ?? 0) || left - right)
    .slice(0, most);
}

/** Values with many ties, both zeros, both infinities and the smallest and largest numbers among them. */
function awkward(size: number, seed: number): Float32Array {
  const special = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45, -1e-45, 3.4e38, -3.4e38, 1, -1];
  return normals(size, 2, seed).map((value, index) => {
    const choice = (hash(seed, index) >>> 0) % 30;
    return special[choice] ?? (choice < 20 ? Math.round(value) : value);
  });
}

// Up to 128 they are sorted in one way, above that in another.
test.each([0, 1, 2, 11, 65, 128, 129, 1000, 20_000])(
  '%i values are sorted as by comparison, ties by position',
  (size) => {
    for (const [seed, values] of [awkward(size, 1), awkward(size, 2), normals(size, 3, 3)].entries()) {
      for (const least of [Number.NEGATIVE_INFINITY, -1, 0, 2.5]) {
        for (const most of [0, 1, 2, 40, Math.ceil(size / 2), size, size + 5]) {
          const expected = byComparison(values, least, most);
          expect([...largestFirst(values, { least, most })], `seed ${seed}, least ${least}`).toEqual(expected);
        }
      }
      expect([...largestFirst(values)]).toEqual(byComparison(values, Number.NEGATIVE_INFINITY, size));
    }
  },
);

test('what it sorts stays as it is', () => {
  const values = awkward(300, 4);
  const before = values.slice();
  largestFirst(values, { most: 10 });
  expect(values).toEqual(before);
});
