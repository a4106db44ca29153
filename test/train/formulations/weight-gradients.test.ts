import { describe, expect, test } from 'vitest';
import {
  gradients,
  input,
  matMul,
  mul,
  nodesBefore,
  producer,
  reduceSum,
  type Value,
} from '../../../src/graph/index.ts';
import { normals } from '../../../src/random/counter.ts';
import { formulatedGradients } from '../../../src/train/formulations/index.ts';
import { evaluate } from '../../support/interpreter.ts';
import { relativeError } from '../../support/interpreter-differences.ts';
import { sizeOf, tensorOf } from '../../support/interpreter-tensor.ts';

const draw = (shape: readonly number[], seed: number) => tensorOf(shape, normals(sizeOf(shape), 1, seed));

/** Σ over rows of a[row, i] · b[row, j], as (i, j). */
function productOfColumns(a: ArrayLike<number>, b: ArrayLike<number>, rows: number): number[] {
  const [depth, width] = [a.length / rows, b.length / rows];
  return Array.from({ length: depth * width }, (_, place) => {
    const [i, j] = [Math.floor(place / width), place % width];
    return Array.from({ length: rows }, (_, row) => Number(a[row * depth + i]) * Number(b[row * width + j])).reduce(
      (sum, term) => sum + term,
    );
  });
}

describe.each([
  ['as wide as it is deep', 5, 5],
  ['wider', 3, 7],
  ['a little narrower', 7, 3],
  ['narrower, of more columns than a kernel makes at once', 140, 130],
])('the gradient by a weight that is %s', (_, depth, width) => {
  const rows = 6;
  const [x, weight, scores] = [
    input('x', 'float32', [2, 3, depth]),
    input('weight', 'float32', [depth, width]),
    input('scores', 'float32', [2, 3, width]),
  ];
  const [given, table, wanted] = [draw([2, 3, depth], 1), draw([depth, width], 2), draw([2, 3, width], 3)];
  const feeds = new Map([
    [x, given],
    [weight, table],
    [scores, wanted],
  ]);
  const expected = productOfColumns(given.data, wanted.data, rows);

  test.each<readonly [string, number, (x: Value, weight: Value, scores: Value) => Value]>([
    ['xᵀ·g', 1, (x, weight, scores) => mul(matMul(x, weight), scores)],
    ['xᵀ·g times a factor of x', 3, (x, weight, scores) => mul(matMul(mul(x, 3), weight), scores)],
    ['xᵀ·g times a factor of the weight', 2, (x, weight, scores) => mul(matMul(x, mul(weight, 2)), scores)],
    ['xᵀ·g times a factor of g', 5, (x, weight, scores) => mul(mul(matMul(x, weight), 5), scores)],
  ])('is %s', (_name, factor, apply) => {
    const loss = reduceSum(apply(x, weight, scores));
    const slopes = gradients(loss, [weight, x]);
    const quick = formulatedGradients(loss, slopes);
    const [found, other, plain, plainOther] = evaluate([...quick, ...slopes], feeds);
    expect(found?.shape).toEqual([depth, width]);
    expect(relativeError(found?.data ?? [], plain?.data ?? [])).toBeLessThan(1e-12);
    expect(relativeError(other?.data ?? [], plainOther?.data ?? [])).toBeLessThan(1e-12);
    // No left factor is turned that a kernel would have to turn again and again.
    const products = nodesBefore(quick).filter(
      ({ operator: { name }, inputs: [left] }) => name === 'MatMul' && left?.rank === 2,
    );
    expect(products).toHaveLength(1);
    const [left, right] = products[0]?.inputs ?? [];
    if (Number(right?.shape[1]) > 128) expect(left && producer(left)?.operator.name).not.toBe('Transpose');
    expect(
      relativeError(
        found?.data ?? [],
        expected.map((value) => factor * value),
      ),
    ).toBeLessThan(1e-12);
    // By x it is g·weightᵀ: the first row will do.
    const first = Array.from({ length: depth }, (_, i) =>
      Array.from(
        { length: width },
        (_, j) => factor * Number(wanted.data[j]) * Number(table.data[i * width + j]),
      ).reduce((sum, term) => sum + term),
    );
    expect(relativeError((other?.data ?? new Float64Array()).slice(0, depth), first)).toBeLessThan(1e-12);
  });
});
