import type { Tensor } from '../../src/runtime/tensor.ts';

/** The elements of a tensor as plain numbers. */
export function numbersOf(tensor: Tensor | undefined): number[] {
  if (tensor === undefined) throw new Error('there is no such output');
  return Array.from<number | bigint | string, number>(tensor.data, Number);
}

/** The largest distance between two lists of numbers of one length; infinite where only one is NaN. */
export function distance(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let index = 0; index < left.length; index += 1) {
    const [a = 0, b = 0] = [left[index], right[index]];
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }
  return largest;
}
