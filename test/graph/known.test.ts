import { expect, test } from 'vitest';
import { dimensionsOf, expand, input, transpose } from '../../src/graph/index.ts';

test('the lengths of a transposed value keep their symbols', () => {
  const x = input('x', 'float32', ['batch', 'time', 'head', 4]);
  const y = expand(input('one', 'float32', []), dimensionsOf(transpose(x, [2, 0, 1, 3]), 1, 3));
  expect(y.shape).toEqual(['batch', 'time']);
});
