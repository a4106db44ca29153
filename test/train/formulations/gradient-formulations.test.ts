import { describe, expect, test } from 'vitest';
import {
  constant,
  exp,
  gather,
  gatherElements,
  gradients,
  input,
  matMul,
  mul,
  nodesBefore,
  producer,
  reduceSum,
  reduceSumSquare,
  transpose,
  type Value,
} from '../../../src/graph/index.ts';
import { normals } from '../../../src/random/counter.ts';
import { formulatedGradients } from '../../../src/train/formulations/index.ts';
import { evaluate } from '../../support/interpreter.ts';
import { relativeError } from '../../support/interpreter-differences.ts';
import { sizeOf, tensorOf } from '../../support/interpreter-tensor.ts';

interface Formulated {
  readonly inputs: readonly Value[];
  /** By each input. */
  readonly slopes: readonly Value[];
  /** The operators that differentiation added, after formulation. */
  readonly added: readonly string[];
}

/** The gradients by inputs of these shapes, formulated: in float64 what the rules alone give. */
function formulated(shapes: readonly (readonly number[])[], lossOf: (...inputs: Value[]) => Value): Formulated {
  const inputs = shapes.map((shape, index) => input(`x${index}`, 'float32', shape));
  const feeds = new Map(
    inputs.map((value, index) => {
      const shape = value.shape.map(Number);
      return [value, tensorOf(shape, normals(sizeOf(shape), 1, index))] as const;
    }),
  );
  const loss = lossOf(...inputs);
  const plain = gradients(loss, inputs);
  const slopes = formulatedGradients(loss, plain);
  const expected = evaluate(plain, feeds);
  for (const [index, { shape, data }] of evaluate(slopes, feeds).entries()) {
    expect(shape).toEqual(expected[index]?.shape);
    expect(relativeError(data, expected[index]?.data ?? [])).toBeLessThan(1e-12);
  }
  const before = new Set(nodesBefore([loss]));
  const added = nodesBefore(slopes).flatMap((node) => (before.has(node) ? [] : [node.operator.name]));
  return { inputs, slopes, added };
}

const ids = (numbers: readonly number[], shape: readonly number[]): Value => constant(numbers, 'int32', shape);
const missing = constant(0);

describe('the gradient of a lookup', () => {
  const places = ids([3, 0, 3, 1, 1, 3], [2, 3]);

  test('is a product with a one-hot matrix in a small table', () => {
    const { added } = formulated([[4, 2]], (table = missing) => reduceSumSquare(gather(table, places)));
    expect(added).toContain('MatMul');
    expect(added).not.toContain('ScatterElements');
  });

  test('is scattered in a large one', () => {
    const { added } = formulated([[1100, 2]], (table = missing) => reduceSumSquare(gather(table, places)));
    expect(added).toContain('ScatterElements');
    expect(added).not.toContain('MatMul');
  });
});

describe('the gradient of picking elements', () => {
  test('is found by comparison where there is one a row', () => {
    const { added } = formulated([[3, 4]], (x = missing) =>
      reduceSumSquare(gatherElements(x, ids([1, 3, 0], [3, 1]), { axis: -1 })),
    );
    expect(added).toEqual(expect.arrayContaining(['Equal', 'Where']));
    expect(added).not.toContain('ScatterElements');
  });

  test.each([
    ['several are picked from a row', ids([1, 1, 0, 2, 2, 2], [3, 2]), 1],
    ['another axis is picked along', ids([1, 2, 0, 1], [1, 4]), 0],
  ])('is scattered where %s', (_, picked, axis) => {
    const { added } = formulated([[3, 4]], (x = missing) => reduceSumSquare(gatherElements(x, picked, { axis })));
    expect(added).toContain('ScatterElements');
  });
});

describe('the gradient by a table that is used turned', () => {
  test('is a product of turned factors: ONNX Runtime is slow to open a file where a turned product is added to another', () => {
    const { slopes } = formulated(
      [
        [4, 3],
        [5, 3],
      ],
      (x = missing, table = missing) => reduceSum(exp(matMul(x, transpose(table)))),
    );
    const turned = nodesBefore(slopes).filter(({ operator }) => operator.name === 'Transpose');
    expect(slopes[1]?.shape).toEqual([5, 3]);
    expect(turned.map(({ inputs: [value] }) => value && producer(value)?.operator.name)).not.toContain('MatMul');
  });

  test('a product that the model itself makes is turned, not made anew', () => {
    const { added } = formulated(
      [
        [4, 3],
        [3, 2],
        [2, 5],
      ],
      (x = missing, down = missing, up = missing) => reduceSumSquare(matMul(x, matMul(down, up))),
    );
    // By x, by the product of the two, and by each of them.
    expect(added.filter((name) => name === 'MatMul')).toHaveLength(4);
  });
});

describe('numbers in products', () => {
  /** The number that a value was multiplied with, its layout aside; 1 for none. */
  function factorOf(value: Value | undefined): number {
    const [x, number] = (value && producer(value)?.inputs) ?? [];
    const operator = value && producer(value)?.operator.name;
    if (operator === 'Transpose' || operator === 'Reshape') return factorOf(x);
    return operator === 'Mul' && number?.source.kind === 'constant' ? Number(number.source.data[0]) : 1;
  }

  test('come last, whichever factor they belong to', () => {
    const { slopes } = formulated(
      [
        [2, 3, 4],
        [4, 5],
      ],
      (x = missing, weight = missing) => reduceSum(exp(mul(matMul(mul(x, 3), mul(weight, 2)), 0.5))),
    );
    const products = nodesBefore(slopes).filter(({ operator }) => operator.name === 'MatMul');
    const [forward, ...back] = products;
    expect(forward?.inputs.map(factorOf)).toEqual([3, 2]); // the loss stays as it is
    expect(back).toHaveLength(2);
    expect(back.flatMap(({ inputs }) => inputs.map(factorOf))).toEqual([1, 1, 1, 1]);
  });

  test('of a gradient that is transposed stay where they are, because others read it as well', () => {
    // The scores of a head: by the keys, a turned gradient goes into two products.
    const { slopes } = formulated(
      [
        [2, 3, 4],
        [4, 4],
      ],
      (x = missing, key = missing) => reduceSum(exp(mul(matMul(x, transpose(matMul(x, key), [0, 2, 1])), 0.5))),
    );
    const halves = nodesBefore(slopes).filter(
      ({ outputs: [y] }) => factorOf(y) === 0.5 && producer(y as Value)?.operator.name === 'Mul',
    );
    expect(halves.map(({ scope }) => scope.startsWith('/gradients'))).toEqual([false, true, true]);
  });
});
