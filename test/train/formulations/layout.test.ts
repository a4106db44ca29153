import { describe, expect, test } from 'vitest';
import {
  add,
  dimensionOf,
  dimensionsOf,
  input,
  nodesBefore,
  reshape,
  type Shape,
  transpose,
  type Value,
} from '../../../src/graph/index.ts';
import { formulatedProgram } from '../../../src/train/formulations/index.ts';
import { evaluate } from '../../support/interpreter.ts';
import { sizeOf, tensorOf } from '../../support/interpreter-tensor.ts';

const names = (value: Value): string[] => nodesBefore([value]).map(({ operator }) => operator.name);

/** What stands for a value in a program. */
function inProgram(value: Value): Value {
  const [made = value] = formulatedProgram([value]);
  return made;
}

/** The operators of a value in a program, which must be the same elements in the same shape. */
function expectSame(of: Shape, apply: (x: Value) => Value): string[] {
  const x = input('x', 'float32', of);
  const lengths = of.map((length) => (length === 'batch' ? 2 : length === 'time' ? 3 : Number(length)));
  const feeds = new Map([
    [
      x,
      tensorOf(
        lengths,
        Array.from({ length: sizeOf(lengths) }, (_, index) => index),
      ),
    ],
  ]);
  const plain = apply(x);
  const quick = inProgram(plain);
  const [expected, found] = evaluate([plain, quick], feeds);
  expect(quick.shape).toEqual(plain.shape);
  expect(found).toEqual(expected);
  return names(quick);
}

describe('a Transpose', () => {
  test.each<[string, Shape, readonly number[]]>([
    ['one token between heads', ['batch', 1, 4, 8], [0, 2, 1, 3]],
    ['a row that becomes a column', [1, 5], [1, 0]],
    ['a symbol that moves by one', ['batch', 1, 4], [1, 0, 2]],
  ])('that moves only axes of length 1 is a Reshape: %s', (_, of, permutation) => {
    expect(expectSame(of, (x) => transpose(x, permutation))).toEqual(['Reshape']);
  });

  test('stays where two symbols move, which a Reshape could not write without reading them', () => {
    expect(expectSame(['batch', 'time', 1], (x) => transpose(x, [2, 0, 1]))).toEqual(['Transpose']);
  });

  test('that turns an earlier one back is nothing; one that turns on stays', () => {
    expect(expectSame(['batch', 'time', 4], (x) => add(transpose(transpose(x, [1, 2, 0]), [2, 0, 1]), 1))).toEqual([
      'Add',
    ]);
    expect(expectSame(['batch', 'time', 4], (x) => transpose(transpose(x, [1, 2, 0]), [1, 2, 0]))).toEqual([
      'Transpose',
      'Transpose',
    ]);
  });
});

describe('a Reshape of a Reshape', () => {
  test('is the last one alone', () => {
    expect(expectSame(['batch', 'time', 4], (x) => reshape(reshape(x, [-1, 4]), ['batch', 'time', 2, 2]))).toEqual([
      'Reshape',
    ]);
    expect(expectSame([2, 3, 4], (x) => reshape(reshape(reshape(x, [6, 4]), [24]), [4, 6]))).toEqual(['Reshape']);
  });

  test('back to the first shape is nothing', () => {
    expect(expectSame(['batch', 'time', 4], (x) => add(reshape(reshape(x, [-1]), x.shape), 1))).toEqual(['Add']);
  });

  test('stays where its lengths are read when it runs', () => {
    const made = expectSame(['batch', 'time', 4], (x) => reshape(reshape(x, ['batch', -1]), ['time', 'batch', 4]));
    expect(made.filter((name) => name === 'Reshape')).toHaveLength(2);
  });

  test('and a Transpose of nothing between them', () => {
    const merged = (x: Value): Value => reshape(transpose(x, [0, 2, 1, 3]), ['batch', 1, 32]);
    expect(expectSame(['batch', 4, 1, 8], merged)).toEqual(['Reshape']);
  });
});

describe('the lengths of a transposed value', () => {
  const x = input('x', 'float32', ['batch', 'time', 'head', 4]);

  /** What the Shape behind a vector of lengths reads, and which axes of it. */
  function shapeBehind(lengths: Value): { reads: Value | undefined; start: unknown; end: unknown } {
    const { source } = inProgram(lengths);
    if (source.kind !== 'node') throw new Error('the lengths are constant');
    const { operator, inputs, attributes } = source.node;
    expect(operator.name).toBe('Shape');
    return { reads: inputs[0], start: attributes.start, end: attributes.end };
  }

  test('are read in front of the transposition, where ONNX Runtime would put a Gather over int64 otherwise', () => {
    expect(shapeBehind(dimensionOf(transpose(x, [0, 2, 1, 3]), 2))).toEqual({ reads: x, start: 1, end: 2 });
  });

  test('are followed through several transpositions', () => {
    const twice = transpose(transpose(x, [2, 0, 1, 3]), [3, 1, 2, 0]); // (4, batch, time, head)
    expect(shapeBehind(dimensionsOf(twice, 1, 3))).toEqual({ reads: x, start: 0, end: 2 });
  });

  test('are read behind it where the axes are no longer side by side', () => {
    const swapped = transpose(x, [1, 0, 2, 3]);
    expect(shapeBehind(dimensionsOf(swapped, 0, 2))).toEqual({ reads: swapped, start: 0, end: 2 });
    const apart = transpose(x, [0, 3, 1, 2]);
    expect(shapeBehind(dimensionsOf(apart, 0, 3))).toEqual({ reads: apart, start: 0, end: 3 });
  });
});
