import { describe, expect, test } from 'vitest';
import { dimensionOf, dimensionsOf, expand, input, transpose, type Value } from '../../src/graph/index.ts';

const x = input('x', 'float32', ['batch', 'time', 'head', 4]);

/** What the Shape behind a vector of lengths reads, and which axes of it. */
function shapeBehind(lengths: Value): { reads: Value | undefined; start: unknown; end: unknown } {
  if (lengths.source.kind !== 'node') throw new Error('the lengths are constant');
  const { operator, inputs, attributes } = lengths.source.node;
  expect(operator.name).toBe('Shape');
  return { reads: inputs[0], start: attributes.start, end: attributes.end };
}

describe('the lengths of a transposed value', () => {
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

  test('keep their symbols', () => {
    const y = expand(input('one', 'float32', []), dimensionsOf(transpose(x, [2, 0, 1, 3]), 1, 3));
    expect(y.shape).toEqual(['batch', 'time']);
  });
});
