import * as graph from '../../../src/graph/index.ts';
import { arrayOf, at, type NumberArray } from '../../support/number-array.ts';
import { floats, type Row, table } from './row.ts';

const { rows, row } = table();

const long = floats(['batch', 6]);
const cut =
  (from: number, to: number) =>
  (x: NumberArray): NumberArray =>
    arrayOf([2, to - from], ([b = 0, c = 0]) => at(x, [b, from + c]));
row(
  'slice',
  'between two numbers',
  [long],
  (x) => graph.slice(x, { axis: 1, start: 1, end: 4 }),
  ['float32', ['batch', 3]],
  cut(1, 4),
);
row(
  'slice',
  'counted from the end',
  [long],
  (x) => graph.slice(x, { axis: -1, start: -3, end: -1 }),
  ['float32', ['batch', 2]],
  cut(3, 5),
);
row(
  'slice',
  'past the end',
  [long],
  (x) => graph.slice(x, { axis: 1, start: 4, end: 99 }),
  ['float32', ['batch', 2]],
  cut(4, 6),
);
row(
  'slice',
  'from before the beginning',
  [long],
  (x) => graph.slice(x, { axis: 1, start: -99, end: 2 }),
  ['float32', ['batch', 2]],
  cut(0, 2),
);
row(
  'slice',
  'with nothing between the bounds',
  [long],
  (x) => graph.slice(x, { axis: 1, start: 3, end: 1 }),
  ['float32', ['batch', 0]],
  cut(3, 3),
);
row(
  'slice',
  'bounds that are values',
  [long],
  (x) => graph.slice(x, { axis: 1, start: graph.constant([-2], 'int64'), end: graph.constant([-1], 'int64') }),
  ['float32', ['batch', 1]],
  cut(4, 5),
);
row(
  'slice',
  'as long as another axis',
  [floats([5, 4]), floats(['time', 2])],
  (x, y) => graph.slice(x, { axis: 0, end: graph.dimensionOf(y, 0) }),
  ['float32', ['time', 4]],
  (x) => arrayOf([3, 4], (index) => at(x, index)),
);
row(
  'slice',
  'the last of a symbolic axis',
  [floats(['batch', 'time'])],
  (x) => graph.slice(x, { axis: 1, start: -1 }),
  ['float32', ['batch', 1]],
  (x) => arrayOf([2, 1], ([b = 0]) => at(x, [b, 2])),
);
row(
  'slice',
  'two axes of which one is symbolic',
  [floats(['batch', 'time', 4])],
  (x) => graph.slice(x, { axis: 1, end: -1 }, { axis: 2, start: 2 }),
  ['float32', ['batch', 'time - 1', 2]],
  (x) => arrayOf([2, 2, 2], ([b = 0, t = 0, c = 0]) => at(x, [b, t, c + 2])),
);
row(
  'range',
  'int32',
  [],
  () => graph.range(5),
  ['int32', [5]],
  () => ({ shape: [5], data: [0, 1, 2, 3, 4] }),
);
row(
  'range',
  'float32',
  [],
  () => graph.range(3, 'float32'),
  ['float32', [3]],
  () => ({ shape: [3], data: [0, 1, 2] }),
);
for (const [upper, k] of [
  [false, 0],
  [true, 0],
  [false, 1],
  [true, -1],
  [false, -1],
] as const) {
  row(
    'trilu',
    `${upper ? 'upper' : 'lower'}, diagonal ${k}`,
    [floats(['batch', 4, 4])],
    (x) => graph.trilu(x, { upper, k }),
    ['float32', ['batch', 4, 4]],
    (x) => arrayOf([2, 4, 4], ([b = 0, r = 0, c = 0]) => ((upper ? c - r >= k : c - r <= k) ? at(x, [b, r, c]) : 0)),
  );
}
row(
  'filled',
  'float32',
  [],
  () => graph.filled(0.5, [2, 3]),
  ['float32', [2, 3]],
  () => arrayOf([2, 3], () => 0.5),
);
row(
  'filled',
  'int32',
  [],
  () => graph.filled(7, [2], 'int32'),
  ['int32', [2]],
  () => arrayOf([2], () => 7),
);

/** Parts of tensors, and tensors made from nothing. */
export const sliceRows: readonly Row[] = rows;
