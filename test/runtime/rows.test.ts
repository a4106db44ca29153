import { expect, test } from 'vitest';
import { rowOf, stackRows } from '../../src/runtime/rows.ts';
import { type Tensor, tensor } from '../../src/runtime/tensor.ts';

test.each<readonly [string, Tensor, Tensor]>([
  ['a matrix', tensor('float32', [2, 3], [1, 2, 3, 4, 5, 6]), tensor('float32', [3], [4, 5, 6])],
  ['a vector', tensor('int64', [2], [7n, 8n]), tensor('int64', [], [8n])],
  ['three axes', tensor('int32', [2, 2, 1], [1, 2, 3, 4]), tensor('int32', [2, 1], [3, 4])],
  ['strings', tensor('string', [2, 1], ['a', '🙂']), tensor('string', [1], ['🙂'])],
])('the second element of %s along the first axis, and both stacked again', (_, whole, second) => {
  expect(rowOf(whole, 1)).toEqual(second);
  expect(stackRows([rowOf(whole, 0), rowOf(whole, 1)])).toEqual(whole);
});

test('what does not fit together is not stacked', () => {
  const row = tensor('float32', [2], [1, 2]);
  expect(() => stackRows([row, tensor('float32', [1], [1])])).toThrow(
    "Tensors of several types or shapes can't be stacked.",
  );
  expect(() => stackRows([row, tensor('int32', [2], [1, 2])])).toThrow("can't be stacked");
  expect(() => stackRows([])).toThrow('nothing to stack');
});
