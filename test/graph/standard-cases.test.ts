import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  add,
  argMax,
  constant,
  cumSum,
  gather,
  gatherElements,
  gemm,
  input,
  layerNormalization,
  loop,
  matMul,
  reduceMean,
  reduceSumSquare,
  relu,
  scatterElements,
  slice,
  softmax,
  split,
  topK,
  trilu,
  turnNumber,
  type Value,
  where,
} from '../../src/graph/index.ts';
import { readTensor } from '../../src/onnx/tensor-proto.ts';
import { decodeMessage } from '../../src/onnx/wire.ts';
import { isTensorType, type Tensor, tensorAround } from '../../src/runtime/tensor.ts';
import { debianPath } from '../support/debian.ts';
import { distance, numbersOf, runGraph } from '../support/run-graph.ts';

const folder = debianPath('/usr/share/libonnx-testdata/data/node', 'libonnx-testdata');

/** A published case, and the call that its model makes. Only its first inputs are fed; axes and bounds are in the call. */
const cases: readonly [name: string, call: (...inputs: Value[]) => readonly Value[]][] = [
  ['test_softmax_axis_1', (x) => [softmax(x, { axis: 1 })]],
  ['test_softmax_large_number', (x) => [softmax(x)]],
  ['test_tril', (x) => [trilu(x)]],
  ['test_tril_neg', (x) => [trilu(x, { k: -1 })]],
  ['test_triu_pos', (x) => [trilu(x, { upper: true, k: 2 })]],
  ['test_gather_2d_indices', (x, index) => [gather(x, index, { axis: 1 })]],
  ['test_gather_negative_indices', (x, index) => [gather(x, index)]],
  ['test_gather_elements_1', (x, index) => [gatherElements(x, index, { axis: 0 })]],
  ['test_scatter_elements_with_axis', (x, index, y) => [scatterElements(x, index, y, { axis: 1 })]],
  [
    'test_scatter_elements_with_duplicate_indices',
    (x, index, y) => [scatterElements(x, index, y, { axis: 1, reduction: 'add' })],
  ],
  ['test_top_k', (x) => Object.values(topK(x, 3, { axis: 1 }))],
  [
    'test_layer_normalization_3d_axis_negative_1_epsilon',
    (x, scale, bias) => [layerNormalization(x, scale, bias, { epsilon: 0.1 })],
  ],
  ['test_gemm_transposeB', (a, b, c) => [gemm(a, b, { c, transB: true })]],
  ['test_matmul_4d', (a, b) => [matMul(a, b)]],
  ['test_cumsum_1d_exclusive', (x) => [cumSum(x, constant(0, 'int32'), { exclusive: true })]],
  ['test_reduce_mean_negative_axes_keepdims_random', (x) => [reduceMean(x, { axes: [-2], keepDims: true })]],
  ['test_reduce_sum_square_do_not_keepdims_random', (x) => [reduceSumSquare(x, { axes: [1] })]],
  ['test_argmax_no_keepdims_example', (x) => [argMax(x, { axis: 1 })]],
  ['test_slice_neg', (x) => [slice(x, { axis: 1, start: 0, end: -1 })]],
  ['test_split_variable_parts_1d', (x) => split(x, [2, 4], { axis: 0 })],
  ['test_where_example', (c, x, y) => [where(c, x, y)]],
  ['test_relu', (x) => [relu(x)]],
];

function tensors(name: string, kind: 'input' | 'output'): Tensor[] {
  const data = join(folder ?? '', name, 'test_data_set_0');
  const count = readdirSync(data).filter((file) => file.startsWith(`${kind}_`)).length;
  return Array.from({ length: count }, (_, index) => {
    const path = join(data, `${kind}_${index}.pb`);
    const { type, dims, data: elements } = readTensor(decodeMessage('TensorProto', readFileSync(path), path));
    if (!isTensorType(type)) throw new Error(`${path} is of type ${type}`);
    return tensorAround(type, dims, elements);
  });
}

describe.skipIf(folder === undefined)("the ONNX project's own cases", () => {
  test.each(cases)('%s', async (name, call) => {
    const given = tensors(name, 'input').slice(0, call.length);
    const inputs = given.map(({ type, shape }, index) => {
      if (type === 'int16' || type === 'uint16' || type === 'uint32' || type === 'uint64')
        throw new Error(`no ${type} here`);
      return { name: `input_${index}`, value: input(`input_${index}`, type, shape) };
    });
    const outputs = call(...inputs.map(({ value }) => value)).map((value, index) => ({
      name: `output_${index}`,
      value,
    }));
    const results = await runGraph(
      { inputs, outputs },
      Object.fromEntries(given.map((tensor, index) => [`input_${index}`, tensor])),
    );
    for (const [index, expected] of tensors(name, 'output').slice(0, outputs.length).entries()) {
      const result = results[`output_${index}`];
      expect(result?.type).toBe(expected.type);
      expect(result?.shape).toEqual(expected.shape);
      expect(distance(numbersOf(result), numbersOf(expected))).toBeLessThan(1e-5);
    }
  });

  test('a Loop that sums counts its turns as the standard’s does', async () => {
    const [expected] = tensors('test_range_int32_type_negative_delta_expanded', 'output');
    const [start, , delta] = tensors('test_range_int32_type_negative_delta_expanded', 'input');
    const [formal, turn] = [input('formal', 'int32', []), turnNumber()];
    const { outputs } = loop({
      count: constant(expected?.data.length ?? 0, 'int64'),
      turns: 'turns',
      turn,
      states: [
        { formal, initial: constant(numbersOf(start)[0] ?? 0, 'int32'), next: add(formal, numbersOf(delta)[0] ?? 0) },
      ],
      outputs: [formal],
    });
    const [written] = outputs;
    if (written === undefined) throw new Error('the loop yields an output');
    const { result } = await runGraph({ inputs: {}, outputs: { result: written } }, {});
    expect(numbersOf(result)).toEqual(numbersOf(expected));
  });
});
