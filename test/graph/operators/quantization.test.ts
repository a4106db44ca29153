import { describe, expect, test } from 'vitest';
import { writeOnnx } from '../../../src/export/write-onnx.ts';
import {
  build,
  constant,
  dequantizeLinear,
  dynamicQuantizeLinear,
  type ElementType,
  input,
  matMulInteger,
  matMulNBits,
  namedConstant,
  type TensorData,
  type Value,
} from '../../../src/graph/index.ts';
import { decodeModel } from '../../../src/onnx/codec.ts';
import { readTensor } from '../../../src/onnx/tensor-proto.ts';
import { type Tensors, tensor } from '../../../src/runtime/tensor.ts';
import { distance, numbersOf, runGraph } from '../../support/run-graph.ts';

const stored = (type: ElementType, shape: readonly number[], data: TensorData): Value =>
  namedConstant('stored', data, type, shape);

describe('dequantizeLinear', () => {
  const numbers = [-8, 7, 3, -1, 0, 5, -4, 2, 6, -3, 1, -7, 4, -2, -5, -6, 7, 0]; // (3, 6)
  const packed = Uint8Array.from(
    { length: 9 },
    (_, at) => ((numbers[2 * at] ?? 0) & 15) | (((numbers[2 * at + 1] ?? 0) & 15) << 4),
  );
  const scales = (count: number): number[] => Array.from({ length: count }, (_, index) => 0.5 * (index + 1));

  test.each<[what: string, x: () => Value, axis: 0 | 1, blockSize: number, scaleShape: readonly [number, number]]>([
    ['int8, blocks of rows', () => stored('int8', [3, 6], Int8Array.from(numbers)), 0, 2, [2, 6]],
    [
      'int8, blocks of columns, the last one shorter',
      () => stored('int8', [3, 6], Int8Array.from(numbers)),
      1,
      4,
      [3, 2],
    ],
    ['int4, blocks of rows', () => stored('int4', [3, 6], packed), 0, 2, [2, 6]],
    ['int4, blocks of columns', () => stored('int4', [3, 6], packed), 1, 3, [3, 2]],
  ])('%s: each block has its own scale', async (_, x, axis, blockSize, [rows, columns]) => {
    const scale = scales(rows * columns);
    const y = dequantizeLinear(x(), constant(scale, 'float32', [rows, columns]), { axis, blockSize });
    const { y: result } = await runGraph({ inputs: {}, outputs: { y } }, {}, { opset: 21 });
    const expected = numbers.map((number, at) => {
      const [row, column] = [Math.floor(at / 6), at % 6];
      const place =
        axis === 0 ? Math.floor(row / blockSize) * columns + column : row * columns + Math.floor(column / blockSize);
      return number * (scale[place] ?? 0);
    });
    expect(numbersOf(result)).toEqual(expected);
  });

  test('one scale for each index of an axis, with zero points, at every opset', async () => {
    const x = stored('uint8', [2, 3], Uint8Array.of(0, 10, 255, 7, 8, 9));
    const zeroPoint = constant([0, 10, 200], 'uint8');
    const y = dequantizeLinear(x, constant([1, 2, 4]), { axis: 1, zeroPoint });
    const { y: result } = await runGraph({ inputs: {}, outputs: { y } }, {}, { opset: 17 });
    expect(numbersOf(result)).toEqual([0, 0, 220, 7, -4, -764]);
  });

  test.each<[what: string, call: () => Value, message: string]>([
    [
      'too few scales',
      () => dequantizeLinear(input('x', 'int8', [4, 6]), constant([1, 2]), { axis: 1 }),
      'axis 1 of (4, 6) needs 6 scales, not 2',
    ],
    [
      'scales of other blocks',
      () => dequantizeLinear(input('x', 'int8', [4, 6]), input('s', 'float32', [4, 2]), { axis: 1, blockSize: 2 }),
      'blocks of 2 need scales of (4, 3), not (4, 2)',
    ],
    [
      'blocks along an unknown axis',
      () => dequantizeLinear(input('x', 'int8', [4, 'time']), input('s', 'float32', [4, 2]), { axis: 1, blockSize: 2 }),
      "an axis of the unknown length time can't be cut into blocks",
    ],
    [
      'int4 without blocks',
      () => dequantizeLinear(input('x', 'int4', [4]), constant(1), { axis: 0 }),
      'expected int8 or uint8, got int4',
    ],
  ])('refuses %s', (_, call, message) => {
    expect(call).toThrow(message);
  });
});

test('dynamicQuantizeLinear and matMulInteger multiply as floats do, to within the rounding', async () => {
  const x = input('x', 'float32', ['batch', 3]);
  const { quantized, scale, zeroPoint } = dynamicQuantizeLinear(x);
  const product = matMulInteger(quantized, stored('int8', [3, 2], Int8Array.of(1, -2, 3, 4, -5, 6)), zeroPoint);
  const outputs = { quantized, scale, zeroPoint, product };
  const feeds: Tensors = { x: tensor('float32', [2, 3], [0, 1, 2, -1, 0.52, 1.51]) };
  const results = await runGraph({ inputs: { x }, outputs }, feeds, { opset: 17 });
  // The standard's rule: the range takes 0 in, and is cut into 255 steps.
  expect(numbersOf(results.scale)[0]).toBeCloseTo(3 / 255, 7);
  expect(numbersOf(results.zeroPoint)).toEqual([85]);
  expect(numbersOf(results.quantized)).toEqual([85, 170, 255, 0, 129, 213]);
  const exact = numbersOf(results.quantized).map((number) => number - 85);
  const rows = [exact.slice(0, 3), exact.slice(3)];
  expect(numbersOf(results.product)).toEqual(
    rows.flatMap(([a = 0, b = 0, c = 0]) => [a + 3 * b - 5 * c, -2 * a + 4 * b + 6 * c]),
  );
});

describe('matMulNBits', () => {
  test.each([4, 8] as const)('of %d bits multiplies with the numbers that its bytes stand for', async (bits) => {
    const [inner, columns, blockSize] = [20, 3, 16]; // the second block is short
    const zero = bits === 8 ? 128 : 8;
    const bytesPerBlock = (blockSize * bits) / 8;
    const whole = (row: number, column: number): number => ((7 * row + 5 * column) % (2 * zero)) - zero;
    const bytes = new Uint8Array(columns * 2 * bytesPerBlock);
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < inner; row++) {
        const at = column * 2 * blockSize + row;
        const raised = whole(row, column) + zero;
        if (bits === 8) bytes[at] = raised;
        else bytes[at >> 1] = (bytes[at >> 1] ?? 0) | (raised << (4 * (at & 1)));
      }
    }
    const scale = [0.5, 0.25, 1, 2, 0.125, 4]; // (columns, blocks)
    const x = input('x', 'float32', ['batch', inner]);
    const weight = stored('uint8', [columns, 2, bytesPerBlock], bytes);
    const y = matMulNBits(x, weight, constant(scale, 'float32', [columns, 2]), {
      inner,
      columns,
      bits,
      blockSize,
      accuracyLevel: 0,
    });
    const fed = Array.from({ length: inner }, (_, row) => Math.cos(row));
    const { y: result } = await runGraph({ inputs: { x }, outputs: { y } }, { x: tensor('float32', [1, inner], fed) });
    const expected = Array.from({ length: columns }, (_, column) =>
      fed.reduce((sum, element, row) => {
        const factor = scale[2 * column + Math.floor(row / blockSize)] ?? 0;
        return sum + element * whole(row, column) * factor;
      }, 0),
    );
    expect(distance(numbersOf(result), expected)).toBeLessThan(1e-4);
  });

  test('refuses what does not fit', () => {
    const [x, scale] = [input('x', 'float32', ['batch', 32]), input('s', 'float32', [4, 1])];
    const options = { inner: 32, columns: 4, bits: 8, blockSize: 32, accuracyLevel: 4 } as const;
    const call =
      (weight: Value, more: Partial<typeof options> = {}): (() => Value) =>
      () =>
        matMulNBits(x, weight, scale, { ...options, ...more });
    expect(call(input('w', 'uint8', [4, 1, 16]))).toThrow('must have the shapes (4, 1, 32) and (4, 1)');
    expect(call(input('w', 'uint8', [4, 1, 32]), { blockSize: 24 as 32 })).toThrow('power of 2 from 16 on, not 24');
    expect(call(input('w', 'uint8', [4, 1, 32]), { inner: 16 as 32 })).toThrow(
      'K is 16, but rows of (batch, 32) come in',
    );
  });
});

describe('a named constant', () => {
  const x = input('x', 'float32', [2]);
  const w = namedConstant('layer.weight_scale', Float32Array.of(1, 2), 'float32', [2]);

  test('has its name in the file, also where it is small and another is equal', () => {
    const y = dequantizeLinear(stored('int4', [3], Uint8Array.of(0x21, 0x03)), w, { axis: 0, blockSize: 2 });
    const file = writeOnnx(build({ name: 'g', inputs: { x }, outputs: { y } }), { opset: 21 });
    const tensors = (decodeModel(file).graph.initializer ?? []).map(readTensor);
    expect(tensors.map(({ name, type, dims, data }) => [name, type, dims, [...data]])).toEqual([
      ['stored', 'int4', [3], [0x21, 0x03]],
      ['layer.weight_scale', 'float32', [2], [1, 2]],
    ]);
  });

  test('must have as many elements as its shape, two a byte in 4 bits', () => {
    expect(() => namedConstant('w', Uint8Array.of(1), 'int4', [3])).toThrow(
      'constant w of shape (3) has 3 elements, which take 2 bytes, not 1',
    );
    expect(() => namedConstant('w', Int8Array.of(1), 'int8', [3])).toThrow(
      'constant w of shape (3) has 3 elements, not 1',
    );
  });
});
