import type { Value } from '../../../src/graph/index.ts';
import * as graph from '../../../src/graph/index.ts';
import { arrayOf, at, fold, type NumberArray, sum } from '../../support/number-array.ts';
import { B, floats, integers, type Row, table } from './row.ts';

const { rows, row } = table();

const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;
const reductions: readonly [
  keyof typeof graph,
  (x: Value, options?: graph.ReductionOptions) => Value,
  (elements: readonly number[]) => number,
][] = [
  ['reduceSum', graph.reduceSum, sum],
  ['reduceMean', graph.reduceMean, mean],
  ['reduceMax', graph.reduceMax, (list) => Math.max(...list)],
  ['reduceSumSquare', graph.reduceSumSquare, (list) => sum(list.map((x) => x * x))],
];
for (const [name, call, compute] of reductions) {
  row(
    name,
    'all axes',
    [floats(B)],
    (x) => call(x),
    ['float32', []],
    (x) => fold(x, [0, 1, 2], false, compute),
  );
  row(
    name,
    'the last axis, kept',
    [floats(B)],
    (x) => call(x, { axes: [-1], keepDims: true }),
    ['float32', ['batch', 'time', 1]],
    (x) => fold(x, [2], true, compute),
  );
  row(
    name,
    'two axes',
    [floats(B)],
    (x) => call(x, { axes: [0, 1] }),
    ['float32', [4]],
    (x) => fold(x, [0, 1], false, compute),
  );
  row(
    name,
    'a scalar',
    [floats([])],
    (x) => call(x),
    ['float32', []],
    (x) => fold(x, [], false, compute),
  );
}
row(
  'reduceSum',
  'int32',
  [integers(B, 0, 9)],
  (x) => graph.reduceSum(x, { axes: [1] }),
  ['int32', ['batch', 4]],
  (x) => fold(x, [1], false, sum),
);
const positionOfMax = (list: readonly number[]): number => list.indexOf(Math.max(...list));
row(
  'argMax',
  'the first of equal ones',
  [integers(B, 0, 3, 'float32')],
  (x) => graph.argMax(x, { axis: -1 }),
  ['int64', ['batch', 'time']],
  (x) => fold(x, [2], false, positionOfMax),
);
row(
  'argMax',
  'with its axis kept',
  [floats(B)],
  (x) => graph.argMax(x, { axis: 1, keepDims: true }),
  ['int64', ['batch', 1, 4]],
  (x) => fold(x, [1], true, positionOfMax),
);
const running = (x: NumberArray, axis: number, exclusive: boolean): NumberArray =>
  arrayOf(x.shape, (index) => {
    const end = (index[axis] ?? 0) + (exclusive ? 0 : 1);
    return sum(
      Array.from({ length: end }, (_, step) =>
        at(
          x,
          index.map((place, position) => (position === axis ? step : place)),
        ),
      ),
    );
  });
row(
  'cumSum',
  'along the last axis',
  [floats(B)],
  (x) => graph.cumSum(x, graph.constant(2, 'int32')),
  ['float32', B],
  (x) => running(x, 2, false),
);
row(
  'cumSum',
  'without the element itself',
  [integers(B, 0, 9)],
  (x) => graph.cumSum(x, graph.constant(1, 'int32'), { exclusive: true }),
  ['int32', B],
  (x) => running(x, 1, true),
);

/** Operators that gather along axes. */
export const reductionRows: readonly Row[] = rows;
