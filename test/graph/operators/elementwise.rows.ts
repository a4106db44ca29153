import type { ElementType, Value } from '../../../src/graph/index.ts';
import * as graph from '../../../src/graph/index.ts';
import { zip } from '../../support/number-array.ts';
import { B, elements, flags, floats, type Given, integers, type Row, table } from './row.ts';

const { rows, row } = table();

/** erf by its series, in float64. */
function erf(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; n < 60; n += 1) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

const unary: readonly [
  name: keyof typeof graph,
  call: (x: Value) => Value,
  compute: (x: number) => number,
  low?: number,
][] = [
  ['neg', graph.neg, (x) => -x],
  ['abs', graph.abs, Math.abs],
  ['sqrt', graph.sqrt, Math.sqrt, 0],
  ['exp', graph.exp, Math.exp],
  ['log', graph.log, Math.log, 0.1],
  ['tanh', graph.tanh, Math.tanh],
  ['erf', graph.erf, erf],
  ['relu', graph.relu, (x) => Math.max(x, 0)],
  ['sigmoid', graph.sigmoid, (x) => 1 / (1 + Math.exp(-x))],
  ['cos', graph.cos, Math.cos],
  ['sin', graph.sin, Math.sin],
  ['reciprocal', graph.reciprocal, (x) => 1 / x, 0.5],
  ['floor', graph.floor, Math.floor],
  ['identity', graph.identity, (x) => x],
];
for (const [name, call, compute, low = -2] of unary) {
  row(
    name,
    'floats',
    [floats(B, low)],
    (x) => call(x),
    ['float32', B],
    (x) => zip(compute, x),
  );
}
row('not', 'truth values', [flags(['batch', 3])], graph.not, ['bool', ['batch', 3]], (x) => zip((a) => 1 - a, x));
row('neg', 'int32', [integers(['batch'], -9, 9)], graph.neg, ['int32', ['batch']], (x) => zip((a) => -a, x));

type Binary = (left: Value, right: Value) => Value;
const arithmetic: readonly [keyof typeof graph, Binary, (a: number, b: number) => number][] = [
  ['add', graph.add, (a, b) => a + b],
  ['sub', graph.sub, (a, b) => a - b],
  ['mul', graph.mul, (a, b) => a * b],
  ['div', graph.div, (a, b) => a / b],
  ['max', graph.max, Math.max],
  ['min', graph.min, Math.min],
];
const comparisons: readonly [keyof typeof graph, Binary, (a: number, b: number) => boolean][] = [
  ['equal', graph.equal, (a, b) => a === b],
  ['greater', graph.greater, (a, b) => a > b],
  ['greaterOrEqual', graph.greaterOrEqual, (a, b) => a >= b],
  ['less', graph.less, (a, b) => a < b],
  ['lessOrEqual', graph.lessOrEqual, (a, b) => a <= b],
];
for (const [name, call, compute] of arithmetic) {
  const [wide, tall] = [floats(B, 0.5), floats(['time', 1], 0.5, 2, 5)];
  row(name, 'floats that broadcast', [wide, tall], call, ['float32', B], (x, y) => zip(compute, x, y));
  row(name, 'the other way', [tall, wide], call, ['float32', B], (x, y) => zip(compute, x, y));
  row(name, 'int32', [integers(['batch', 3], -9, 9), integers([3], 1, 4)], call, ['int32', ['batch', 3]], (x, y) =>
    zip((a, b) => Math.trunc(compute(a, b)), x, y),
  );
}
for (const [name, call, compute] of comparisons) {
  row(name, 'int32 that broadcast', [integers(B, 0, 3), integers(['time', 1], 0, 3)], call, ['bool', B], (x, y) =>
    zip((a, b) => (compute(a, b) ? 1 : 0), x, y),
  );
  row(
    name,
    'floats',
    [integers(['batch'], 0, 2, 'float32'), integers([1], 0, 2, 'float32')],
    call,
    ['bool', ['batch']],
    (x, y) => zip((a, b) => (compute(a, b) ? 1 : 0), x, y),
  );
}
row(
  'mul',
  'int32 that wraps',
  [elements('int32', [2], [0x7fffffff, 0x12345])],
  (x) => graph.mul(x, 0x54321),
  ['int32', [2]],
  (x) => zip((a) => Math.imul(a, 0x54321), x),
);
row(
  'sub',
  'a number and a value',
  [floats(['batch'])],
  (x) => graph.sub(1, x),
  ['float32', ['batch']],
  (x) => zip((a) => 1 - a, x),
);
row('pow', 'floats', [floats(B, 0.1), floats([4], -1, 2, 7)], graph.pow, ['float32', B], (x, y) => zip(Math.pow, x, y));
row('and', 'truth values', [flags(B), flags(['time', 1], 9)], graph.and, ['bool', B], (x, y) =>
  zip((a, b) => a * b, x, y),
);
row('or', 'truth values', [flags(B), flags(['time', 1], 9)], graph.or, ['bool', B], (x, y) => zip(Math.max, x, y));
row(
  'where',
  'three that broadcast',
  [flags(['time', 1]), floats(['batch', 1, 4]), floats([4], 5, 6)],
  graph.where,
  ['float32', B],
  (c, x, y) => zip((flag, a, b) => (flag === 1 ? a : b), c, x, y),
);
row(
  'where',
  'numbers',
  [flags(['batch', 3])],
  (c) => graph.where(c, Number.NEGATIVE_INFINITY, 0.5),
  ['float32', ['batch', 3]],
  (c) => zip((flag) => (flag === 1 ? Number.NEGATIVE_INFINITY : 0.5), c),
);
const casts: readonly [ElementType, Given, (x: number) => number][] = [
  ['int32', floats(['batch', 3], -3, 3), Math.trunc],
  ['float64', floats(['batch', 3]), (x) => x],
  ['bool', integers(['batch', 3], -1, 2), (x) => (x === 0 ? 0 : 1)],
  ['float32', flags(['batch', 3]), (x) => x],
  ['int64', integers(['batch', 3], -9, 9), (x) => x],
  ['uint8', integers(['batch', 3], 0, 255), (x) => x],
  ['int8', integers(['batch', 3], -127, 127), (x) => x],
];
for (const [to, x, compute] of casts) {
  row(
    'cast',
    `${x.type} to ${to}`,
    [x],
    (value) => graph.cast(value, to),
    [to, x.shape],
    (array) => zip(compute, array),
  );
}

/** Operators element by element. */
export const elementwiseRows: readonly Row[] = rows;
