import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { dataTypeName, dataTypes, isDataTypeName } from '../../src/onnx/data-types.ts';
import { DataLocation, DataType } from '../../src/onnx/enums.ts';
import { readTensor, tensorProto } from '../../src/onnx/tensor-proto.ts';

describe('element types', () => {
  test("are all of the standard's, one name for each number", () => {
    const numbers = Object.values(DataType).filter((number) => number !== DataType.UNDEFINED);
    expect(numbers.map((number) => dataTypes[dataTypeName(number)].number)).toEqual(numbers);
    expect(Object.keys(dataTypes)).toHaveLength(numbers.length);
  });

  test('of other numbers or names are refused', () => {
    expect(() => dataTypeName(27)).toThrow(new UserError('There is no element type of number 27 in ONNX up to IR 13.'));
    expect(isDataTypeName('float32')).toBe(true);
    expect(isDataTypeName('toString')).toBe(false);
  });
});

describe('writing a tensor', () => {
  test("takes the array's own bytes, the part of its buffer that it shows", () => {
    const all = Float32Array.of(1, 2, 3, 4);
    const { rawData } = tensorProto('w', 'float32', [2], all.subarray(1, 3));
    expect(rawData?.buffer).toBe(all.buffer);
    expect([...(rawData ?? [])]).toEqual([0, 0, 0, 64, 0, 0, 64, 64]);
  });

  test('writes a scalar without dims, a nameless one without a name', () => {
    expect(tensorProto('', 'int64', [], BigInt64Array.of(-1n))).toEqual({
      dataType: DataType.INT64,
      rawData: new Uint8Array(8).fill(255),
    });
  });

  test('packs elements below a byte: 5 of 4 bits in 3 bytes, 5 of 2 bits in 2', () => {
    expect(readTensor(tensorProto('q', 'int4', [5], Uint8Array.of(0x21, 0x43, 5))).data).toEqual(
      Uint8Array.of(0x21, 0x43, 5),
    );
    expect(readTensor(tensorProto('q', 'uint2', [5], Uint8Array.of(0xe4, 1))).data).toEqual(Uint8Array.of(0xe4, 1));
  });

  test('refuses data that does not fit, by the name of the tensor', () => {
    expect(() => tensorProto('w', 'float32', [2, 2], new Float32Array(3))).toThrow(
      new UserError("Tensor 'w' (float32, shape [2, 2]) needs an array of 4 elements, but got 3."),
    );
    expect(() => tensorProto('w', 'float32', [2], new Float64Array(2))).toThrow(
      new UserError("Tensor 'w' (float32) must come as Float32Array, but came as Float64Array."),
    );
    expect(() => tensorProto('w', 'string', [2], new Uint8Array(2))).toThrow(
      "Tensor 'w' (string) must come as strings",
    );
    expect(() => tensorProto('w', 'int8', [1], ['1'])).toThrow("Tensor 'w' (int8) must come as Int8Array");
    expect(() => tensorProto('w', 'int8', [-1], new Int8Array(1))).toThrow(
      'the shape [-1]: each size must be 0 or more',
    );
    expect(() => tensorProto('w', 'int8', [2 ** 30, 2 ** 30], new Int8Array(1))).toThrow(UserError);
  });
});

describe('reading a tensor', () => {
  test('gives a view where the bytes lie right, a copy where they do not', () => {
    const buffer = new Uint8Array([9, ...new Uint8Array(Float32Array.of(1, 2).buffer), 0, 0, 0]);
    const unaligned = readTensor({ dims: [2], dataType: 1, rawData: buffer.subarray(1, 9) });
    expect(unaligned).toEqual({ name: '', type: 'float32', dims: [2], data: Float32Array.of(1, 2) });
    const aligned = new Uint8Array(Float32Array.of(1, 2).buffer);
    const { data } = readTensor({ dims: [2], dataType: 1, rawData: aligned });
    expect(ArrayBuffer.isView(data) && data.buffer).toBe(aligned.buffer);
  });

  test('takes the low bits of typed entries: float16, bfloat16, 8-bit floats, negative bytes', () => {
    expect(readTensor({ dims: [1], dataType: DataType.BFLOAT16, int32Data: [0x3f80] }).data).toEqual(
      Uint16Array.of(0x3f80),
    );
    expect(readTensor({ dims: [2], dataType: DataType.INT8, int32Data: [-1, 127] }).data).toEqual(
      Int8Array.of(-1, 127),
    );
    expect(readTensor({ dims: [1], dataType: DataType.FLOAT8E8M0, int32Data: [254] }).data).toEqual(Uint8Array.of(254));
  });

  test('of no elements is an empty array', () => {
    expect(readTensor({ dims: [0, 4], dataType: DataType.FLOAT }).data).toEqual(new Float32Array(0));
  });

  const external = {
    name: 'w',
    dims: [1],
    dataType: 1,
    dataLocation: DataLocation.EXTERNAL,
    externalData: [{ key: 'location', value: 'weights.bin' }],
  };
  test.each([
    [
      'too few bytes',
      { name: 'w', dims: [3], dataType: 1, rawData: new Uint8Array(8) },
      /^Tensor 'w' .* hold 3 values, but .* 2/,
    ],
    ['half an element', { name: 'w', dims: [2], dataType: 1, rawData: new Uint8Array(7) }, /^Tensor 'w' .* 7 bytes/],
    ['no data', { name: 'w', dims: [2], dataType: 1 }, /^Tensor 'w' .* hold 2 values, but the file has 0/],
    ['huge dims', { name: 'w', dims: [2 ** 40, 2 ** 40], dataType: 1, rawData: new Uint8Array(4) }, /^Tensor 'w'/],
    ['negative dims', { name: 'w', dims: [-1], dataType: 1 }, /^Tensor 'w' has the shape \[-1\]/],
    [
      'strings as raw data',
      { name: 'w', dims: [1], dataType: 8, rawData: new Uint8Array(4) },
      /^Tensor 'w' holds strings/,
    ],
    [
      'broken UTF-8',
      { name: 'w', dims: [1], dataType: 8, stringData: [Uint8Array.of(255)] },
      /^Tensor 'w' .* not UTF-8/,
    ],
    ['an unknown type', { name: 'w', dims: [1], dataType: 99 }, /number 99/],
    ['no type', { name: 'w', dims: [1] }, /number 0/],
    ['pieces', { name: 'w', dims: [1], dataType: 1, segment: { begin: 0, end: 1 } }, /^Tensor 'w' is stored in pieces/],
    ['another file', external, /^The data of tensor 'w' is in another file \('weights\.bin'\)/],
  ])('refuses %s', (_, tensor, message) => {
    expect(() => readTensor(tensor)).toThrow(UserError);
    expect(() => readTensor(tensor)).toThrow(message);
  });
});
