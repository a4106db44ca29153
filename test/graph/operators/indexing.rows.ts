import * as graph from '../../../src/graph/index.ts';
import { arrayOf, at, indices, type NumberArray } from '../../support/number-array.ts';
import { B, elements, floats, integers, type Row, table } from './row.ts';

const { rows, row } = table();

const embeddings = floats([5, 4]);
row(
  'gather',
  'rows',
  [embeddings, integers(['batch', 'time'], 0, 5)],
  (data, index) => graph.gather(data, index),
  ['float32', B],
  (data, index) => arrayOf([2, 3, 4], ([b = 0, t = 0, c = 0]) => at(data, [at(index, [b, t]), c])),
);
row(
  'gather',
  'columns, counted from the end',
  [embeddings, elements('int64', [3], [3, 0, -1])],
  (data, index) => graph.gather(data, index, { axis: 1 }),
  ['float32', [5, 3]],
  (data, index) => arrayOf([5, 3], ([r = 0, c = 0]) => at(data, [r, (at(index, [c]) + 4) % 4])),
);
row(
  'gatherElements',
  'along the last axis',
  [floats(B), integers(['batch', 'time', 2], 0, 4)],
  (x, index) => graph.gatherElements(x, index, { axis: -1 }),
  ['float32', ['batch', 'time', 2]],
  (x, index) => arrayOf([2, 3, 2], ([b = 0, t = 0, c = 0]) => at(x, [b, t, at(index, [b, t, c])])),
);
row(
  'gatherElements',
  'along the first',
  [floats([4, 3]), integers([2, 3], 0, 4, 'int64')],
  (x, index) => graph.gatherElements(x, index, { axis: 0 }),
  ['float32', [2, 3]],
  (x, index) => arrayOf([2, 3], ([r = 0, c = 0]) => at(x, [at(index, [r, c]), c])),
);
function scattered(axis: number, combine: (old: number, update: number) => number) {
  return (data: NumberArray, index: NumberArray, updates: NumberArray): NumberArray => {
    const result = [...data.data];
    for (const place of indices(index.shape)) {
      const target = place.map((step, position) => (position === axis ? at(index, place) : step));
      const offset = target.reduce((total, step, position) => total * (data.shape[position] ?? 1) + step, 0);
      result[offset] = combine(result[offset] ?? 0, at(updates, place));
    }
    return { shape: data.shape, data: result };
  };
}
row(
  'scatterElements',
  'put',
  [floats(['batch', 4]), elements('int32', ['batch', 2], [0, 3, 2, 1]), floats(['batch', 2], 5, 6)],
  (x, index, y) => graph.scatterElements(x, index, y, { axis: 1 }),
  ['float32', ['batch', 4]],
  scattered(1, (_, y) => y),
);
row(
  'scatterElements',
  'added, twice to one place',
  [floats([5, 2]), elements('int64', [3, 2], [0, 4, 0, 1, 3, 1]), floats([3, 2], 5, 6)],
  (x, index, y) => graph.scatterElements(x, index, y, { axis: 0, reduction: 'add' }),
  ['float32', [5, 2]],
  scattered(0, (old, y) => old + y),
);

const ordered = (x: NumberArray): [number, number][] =>
  [0, 1].flatMap((b) =>
    Array.from({ length: 6 }, (_, position): [number, number] => [at(x, [b, position]), position])
      .sort(([a, i], [c, j]) => c - a || i - j)
      .slice(0, 4),
  );
rows.push({
  operator: 'topK',
  what: 'largest first, equal ones by position',
  inputs: [integers(['batch', 6], 0, 4, 'float32')],
  call: (x) => Object.values(graph.topK(x, 4, { axis: 1 })),
  yields: [
    ['float32', ['batch', 4]],
    ['int64', ['batch', 4]],
  ],
  expected: (x) => [
    { shape: [2, 4], data: ordered(x).map(([value]) => value) },
    { shape: [2, 4], data: ordered(x).map(([, position]) => position) },
  ],
});

/** Operators that look up and put. */
export const indexingRows: readonly Row[] = rows;
