import * as graph from '../../../src/graph/index.ts';
import { arrayOf, at, permuted, shaped, zip } from '../../support/number-array.ts';
import { B, floats, type Row, table } from './row.ts';

const { rows, row } = table();

row(
  'transpose',
  'reversed',
  [floats(B)],
  (x) => graph.transpose(x),
  ['float32', [4, 'time', 'batch']],
  (x) => permuted(x, [2, 1, 0]),
);
row(
  'transpose',
  'permuted',
  [floats(B)],
  (x) => graph.transpose(x, [0, 2, 1]),
  ['float32', ['batch', 4, 'time']],
  (x) => permuted(x, [0, 2, 1]),
);
row(
  'transpose',
  'with an axis counted from the end',
  [floats(B)],
  (x) => graph.transpose(x, [-1, 0, 1]),
  ['float32', [4, 'batch', 'time']],
  (x) => permuted(x, [2, 0, 1]),
);
row(
  'reshape',
  'an axis taken apart',
  [floats(B)],
  (x) => graph.reshape(x, [...x.shape.slice(0, 2), 2, 2]),
  ['float32', ['batch', 'time', 2, 2]],
  (x) => shaped(x, [2, 3, 2, 2]),
);
row(
  'reshape',
  'one −1',
  [floats(B)],
  (x) => graph.reshape(x, [-1, 4]),
  ['float32', ['batch*time', 4]],
  (x) => shaped(x, [6, 4]),
);
row(
  'reshape',
  'symbols that moved, read when it runs',
  [floats(['batch', 'time'])],
  (x) => graph.reshape(x, [x.shape[1] ?? 0, x.shape[0] ?? 0]),
  ['float32', ['time', 'batch']],
  (x) => shaped(x, [3, 2]),
);
row(
  'reshape',
  'one length worked out where the others are read',
  [floats(['batch', 'time', 4])],
  (x) => graph.reshape(x, [x.shape[1] ?? 0, 2, -1]),
  ['float32', ['time', 2, '2*batch']],
  (x) => shaped(x, [3, 2, 4]),
);
row(
  'reshapeLike',
  'another value',
  [floats(['batch', 'time', 2]), floats(['time', 'batch', 2])],
  graph.reshapeLike,
  ['float32', ['time', 'batch', 2]],
  (x) => shaped(x, [3, 2, 2]),
);
row(
  'squeeze',
  'two axes',
  [floats(['batch', 1, 'time', 1])],
  (x) => graph.squeeze(x, [1, -1]),
  ['float32', ['batch', 'time']],
  (x) => shaped(x, [2, 3]),
);
row(
  'unsqueeze',
  'two axes',
  [floats(['batch', 'time'])],
  (x) => graph.unsqueeze(x, [0, -1]),
  ['float32', [1, 'batch', 'time', 1]],
  (x) => shaped(x, [1, 2, 3, 1]),
);
row(
  'expand',
  'to another value’s lengths',
  [floats(['time', 1]), floats(B)],
  (x, like) => graph.expand(x, graph.dimensionsOf(like)),
  ['float32', B],
  (x, like) => zip((a) => a, x, shaped(like, like.shape)),
);
row(
  'concat',
  'along a symbolic axis',
  [floats(['batch', 'past', 2]), floats(['batch', 'time', 2], 5, 6)],
  (x, y) => graph.concat([x, y], { axis: 1 }),
  ['float32', ['batch', 'past + time', 2]],
  (x, y) => arrayOf([2, 5, 2], ([b = 0, t = 0, c = 0]) => (t < 2 ? at(x, [b, t, c]) : at(y, [b, t - 2, c]))),
);
row(
  'concat',
  'along the last axis',
  [floats(['batch', 2]), floats(['batch', 3], 5, 6)],
  (x, y) => graph.concat([x, y], { axis: -1 }),
  ['float32', ['batch', 5]],
  (x, y) => arrayOf([2, 5], ([b = 0, c = 0]) => (c < 2 ? at(x, [b, c]) : at(y, [b, c - 2]))),
);
row(
  'vector',
  'numbers and lengths',
  [floats(B)],
  (x) => graph.vector([7, graph.dimensionOf(x, 1), graph.dimensionOf(x, -1)]),
  ['int64', [3]],
  () => ({ shape: [3], data: [7, 3, 4] }),
);
rows.push({
  operator: 'split',
  what: 'the last axis',
  inputs: [floats(['batch', 6])],
  call: (x) => graph.split(x, [1, 3, 2], { axis: -1 }),
  yields: [1, 3, 2].map((size) => ['float32', ['batch', size]]),
  expected: (x) =>
    [
      [0, 1],
      [1, 3],
      [4, 2],
    ].map(([from = 0, size = 0]) => arrayOf([2, size], ([b = 0, c = 0]) => at(x, [b, from + c]))),
});

/** Operators that move elements and leave them as they are. */
export const shapeRows: readonly Row[] = rows;
