import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import {
  add,
  and,
  argMax,
  concat,
  constant,
  cumSum,
  dimensionOf,
  expand,
  GraphError,
  gather,
  gatherElements,
  gemm,
  input,
  layerNormalization,
  loop,
  matMul,
  not,
  parameter,
  pow,
  range,
  reduceSum,
  reshape,
  scan,
  scatterElements,
  scope,
  slice,
  softmax,
  split,
  squeeze,
  topK,
  transpose,
  trilu,
  turnNumber,
  unsqueeze,
  vector,
  where,
} from '../../src/graph/index.ts';

const x = input('x', 'float32', ['batch', 'time', 4]);
const y = input('y', 'float32', ['batch', 'other', 4]);
const table = input('table', 'float32', [5, 4]);
const ids = input('ids', 'int32', ['batch', 'time']);
const flag = input('flag', 'bool', ['batch']);
const count = input('count', 'int64', [1]);

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('a call that does not fit names the operator, the types and shapes, the reason and the line', () => {
  test.each<[call: () => unknown, message: string]>([
    [
      () => add(x, y),
      'Add(float32 (batch, time, 4), float32 (batch, other, 4)): shapes (batch, time, 4) and (batch, other, 4) do not broadcast',
    ],
    [
      () => add(x, ids),
      'Add(float32 (batch, time, 4), int32 (batch, time)): types float32 and int32 differ; cast one of them',
    ],
    [() => and(x, x), 'And(float32 (batch, time, 4), float32 (batch, time, 4)): expected bool, got float32'],
    [() => not(ids), 'Not(int32 (batch, time)): expected bool, got int32'],
    [() => pow(ids, 2), 'Pow(int32 (batch, time), int32 ()): expected float32 or float64 or float16, got int32'],
    [() => where(x, 1, 0), 'Where(float32 (batch, time, 4), float32 (), float32 ()): expected bool, got float32'],
    [() => where(flag, x, ids), 'types float32 and int32 differ'],
    [
      () => matMul(x, table),
      'MatMul(float32 (batch, time, 4), float32 (5, 4)): inner dimensions 4 and 5 differ in (batch, time, 4) × (5, 4)',
    ],
    [() => matMul(x, input('v', 'float32', [4])), 'both must have at least 2 dimensions'],
    [
      () => matMul(input('a', 'float32', [2, 3, 4]), input('b', 'float32', [5, 4, 3])),
      'batch dimensions do not broadcast in (2, 3, 4) × (5, 4, 3)',
    ],
    [() => gemm(x, table), 'Gemm(float32 (batch, time, 4), float32 (5, 4)): both factors must be matrices'],
    [() => gemm(table, table), 'inner dimensions 4 and 5 differ'],
    [
      () => gemm(table, table, { transB: true, c: input('c', 'float32', [4]) }),
      'C of shape (4) does not broadcast to (5, 5)',
    ],
    [() => softmax(x, { axis: 3 }), 'Softmax(float32 (batch, time, 4)): axis 3 is not one of the 3 axes'],
    [() => softmax(ids), 'expected float32 or float64 or float16, got int32'],
    [() => layerNormalization(x, table, undefined), 'scale and bias must have the shape (4), not (5, 4)'],
    [
      () => layerNormalization(x, input('scale', 'float64', [4]), undefined),
      'types float32 and float64 differ; cast one of them',
    ],
    [() => reduceSum(x, { axes: [1, -2] }), 'ReduceSum(float32 (batch, time, 4)): axes 1, 1 name one axis twice'],
    [() => reduceSum(x, { axes: [] }), 'axes name none of its axes'],
    [() => reduceSum(x, { axes: [1.5] }), 'axes must be integers, not 1.5'],
    [() => argMax(x, { axis: -4 }), 'ArgMax(float32 (batch, time, 4)): axis -4 is not one of the 3 axes'],
    [() => gather(table, x), 'Gather(float32 (5, 4), float32 (batch, time, 4)): expected int32 or int64, got float32'],
    [() => gatherElements(table, count, { axis: 0 }), 'data and indices must have one rank'],
    [
      () => scatterElements(x, ids, x, { axis: 1 }),
      'indices (batch, time) and updates (batch, time, 4) differ in shape',
    ],
    [
      () => scatterElements(table, count, input('u', 'float32', [1]), { axis: 0 }),
      'data and indices must have one rank',
    ],
    [() => topK(x, 5, { axis: 2 }), 'TopK(float32 (batch, time, 4), int64 (1)): axis 2 has 4 elements, not 5'],
    [
      () => transpose(x, [0, 1]),
      'Transpose(float32 (batch, time, 4)): perm [0, 1] does not name each of the 3 axes once',
    ],
    [() => transpose(x, [0, 2, -1]), 'perm [0, 2, 2] does not name each of the 3 axes once'],
    [() => reshape(x, ['batch', 'time', 3]), '(batch, time, 4) has not as many elements as (batch, time, 3)'],
    [() => reshape(x, ['batch', 3, -1]), '(batch, time, 4) has not as many elements as (batch, 3, -1)'],
    [() => reshape(x, ['other', 'time', 'batch', 4]), 'has not as many elements'],
    [
      () => reshape(input('z', 'float32', ['a', 'b', 'c', 'd']), ['a*b', 'c*d']),
      "Reshape(float32 (a, b, c, d)): the lengths of (a*b, c*d) can't be read from float32 (a, b, c, d)",
    ],
    [() => squeeze(x, [1]), 'Squeeze(float32 (batch, time, 4)): axis 1 has length time, not 1'],
    [() => unsqueeze(x, [0, 0]), 'Unsqueeze(float32 (batch, time, 4)): axes 0, 0 name one axis twice'],
    [() => unsqueeze(x, [9]), 'axis 9 is not one of the 4 axes'],
    [() => expand(x, vector([2, 4])), '(batch, time, 4) does not broadcast to (2, 4)'],
    [() => expand(x, count), 'its shape operand is not known while the graph is built'],
    [() => concat([x, table], { axis: 0 }), 'all parts must have one type and rank'],
    [() => concat([x, y], { axis: 0 }), 'parts of shapes (batch, time, 4) and (batch, other, 4) differ off axis 0'],
    [() => concat([], { axis: 0 }), 'Concat(): input 0 is missing'],
    [() => split(x, [1, 2], { axis: -1 }), 'parts of 1 + 2 do not make up axis 2'],
    [
      () => slice(x, { axis: 1, end: count }),
      'Slice(float32 (batch, time, 4)): give the length along axis 1: start or end is not known while the graph is built',
    ],
    [() => slice(x, { axis: 5, length: 1 }), 'axis 5 is not one of the 3 axes'],
    [() => vector(['time']), 'the length of time must be given as a value: use dimensionOf(x, axis)'],
    [() => trilu(count), 'Trilu(int64 (1)): the input must be a matrix or a batch of matrices'],
    [() => range(2.5), 'Range(int32 (), int32 (), int32 ()): 2.5 is no length'],
    [
      () => input('bad', 'float32', ['past + time']),
      'input bad has the shape (past + time): past + time is no dimension',
    ],
    [() => input('bad', 'float32', [-1]), 'input bad has the shape (-1): -1 is no dimension'],
    [() => parameter('weight', [2.5]), 'parameter weight has the shape (2.5): 2.5 is no dimension'],
    [() => constant([1, 2, 3], 'float32', [2, 2]), 'a constant of shape (2, 2) has 4 elements, not 3'],
    [
      () => cumSum(x, constant(0.5)),
      'CumSum(float32 (batch, time, 4), float32 ()): expected int32 or int64, got float32',
    ],
    [() => scan({ states: [], sequences: [], outputs: [x] }), 'Scan(): there is no sequence to take elements from'],
    [
      () =>
        scan({
          states: [{ formal: ids, initial: ids, next: x }],
          sequences: [{ formal: flag, sequence: flag }],
          outputs: [],
        }),
      'state 0 after a turn is float32 (batch, time, 4), but inside the body it is int32 (batch, time)',
    ],
    [
      () => scan({ states: [], sequences: [{ formal: input('e', 'int32', [4]), sequence: table }], outputs: [] }),
      'sequence 0 is float32 (5, 4), but one element of it is int32 (4)',
    ],
    [
      () =>
        loop({
          count,
          turns: 'n',
          turn: turnNumber(),
          states: [{ formal: input('s', 'float32', ['n', 5]), initial: table, next: table }],
          outputs: [],
        }),
      'state 0 at the start is float32 (5, 4), but inside the body it is float32 (n, 5)',
    ],
  ])('%#: %s', (call, message) => {
    const error = thrownBy(call);
    expect(error).toBeInstanceOf(GraphError);
    expect(error).toBeInstanceOf(UserError);
    const text = error instanceof Error ? error.message : '';
    expect(text).toContain(message);
    expect(text).toMatch(/ \(at \S*test\/graph\/errors\.test\.ts:\d+:\d+\)$/);
  });

  test('the line is the one of the call, and the scope is named', () => {
    const here = Number(/errors\.test\.ts:(\d+)/.exec(new Error().stack ?? '')?.[1]);
    const error = thrownBy(() => scope('transformer', () => scope('h.0', () => add(x, y))));
    expect(String(error)).toContain(' in /transformer/h.0: shapes');
    expect(String(error)).toContain(`errors.test.ts:${here + 1}:`);
  });

  test('a scope is left even when its definition throws', () => {
    thrownBy(() => scope('broken', () => add(x, y)));
    expect(parameter('weight', [1]).source).toMatchObject({ name: 'weight' });
    expect(String(thrownBy(() => add(x, y)))).not.toContain('broken');
  });

  test('a value knows the line that made it', () => {
    const here = Number(/errors\.test\.ts:(\d+)/.exec(new Error().stack ?? '')?.[1]);
    const value = add(x, 1);
    expect(`${value.location}`).toMatch(new RegExp(`test/graph/errors\\.test\\.ts:${here + 1}:\\d+$`));
    expect(`${dimensionOf(x, 0).location}`).toContain('test/graph/errors.test.ts:');
  });
});
