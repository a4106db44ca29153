import { getFloat16 } from '@petamoriken/float16';
import { describe, expect, test } from 'vitest';
import { dataTypes, isDataTypeName } from '../../../src/onnx/data-types.ts';
import { elementType, elementTypeName } from '../../../web/src/inside/element-types.ts';
import { barCount, statisticsOf } from '../../../web/src/inside/statistics.ts';
import { fewNumbers, numbersOf, outsidePlace } from '../../../web/src/inside/tensor-numbers.ts';

describe('statistics', () => {
  test('count every number in one bar', () => {
    const numbers = Float32Array.from({ length: 10_000 }, (_, index) => Math.sin(index) * 3 + 1);
    const { statistics, notFinite } = statisticsOf(numbers);
    expect(notFinite).toBe(0);
    expect(statistics?.bars).toHaveLength(barCount);
    expect(statistics?.bars.reduce((sum, bar) => sum + bar, 0)).toBe(numbers.length);
    expect(statistics?.smallest).toBe(Math.min(...numbers));
    expect(statistics?.largest).toBe(Math.max(...numbers));
  });

  test('put each number where it belongs', () => {
    const numbers = Array.from({ length: 40 }, (_, index) => index).concat([0, 0, 39]);
    const { statistics } = statisticsOf(numbers);
    expect(statistics?.bars[0]).toBe(3);
    expect(statistics?.bars[39]).toBe(2);
    expect(statistics?.bars.slice(1, 39)).toEqual(new Array(38).fill(1));
  });

  test('have the mean and deviation of the population, far from 0 too', () => {
    const { statistics } = statisticsOf([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]);
    expect(statistics?.mean).toBe(1e9 + 10);
    expect(statistics?.deviation).toBeCloseTo(Math.sqrt(22.5), 6);
  });

  test('leave out what is not finite, and count it', () => {
    const { statistics, notFinite } = statisticsOf([
      1,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      3,
      Number.NEGATIVE_INFINITY,
    ]);
    expect(notFinite).toBe(3);
    expect(statistics).toMatchObject({ smallest: 1, largest: 3, mean: 2, deviation: 1 });
    expect(statisticsOf([Number.NaN])).toEqual({ notFinite: 1 });
    expect(statisticsOf([])).toEqual({ notFinite: 0 });
  });

  test('have one bar where all numbers are one', () => {
    expect(statisticsOf(new Float32Array(5).fill(0.5)).statistics).toMatchObject({
      bars: [5],
      mean: 0.5,
      deviation: 0,
    });
  });

  test('read integers of 64 bits', () => {
    expect(statisticsOf(BigInt64Array.of(-2n, 2n)).statistics).toMatchObject({
      smallest: -2,
      largest: 2,
      mean: 0,
      deviation: 2,
    });
  });
});

describe('element types', () => {
  test('are those of the library, by number, name and size', () => {
    const ours = Array.from({ length: 30 }, (_, number) => elementType(number)).filter((type) => type !== undefined);
    expect(ours.map(({ name }) => name).sort()).toEqual(Object.keys(dataTypes).sort());
    for (const name of Object.keys(dataTypes).filter(isDataTypeName)) {
      const { number, bits, field } = dataTypes[name];
      expect(elementType(number)).toMatchObject({ name, bits, field });
    }
    expect(elementTypeName(99)).toBe('type 99');
  });

  const read = (dataType: number, bytes: ArrayLike<number>, elements: number) =>
    Array.from(numbersOf({ dataType, dims: [elements], rawData: Uint8Array.from(bytes) }) as ArrayLike<number>, Number);

  test('float16 is what the float16 package says, for all of its codes', () => {
    const codes = Uint16Array.from({ length: 2 ** 16 }, (_, code) => code);
    const bytes = new Uint8Array(codes.buffer);
    const view = new DataView(codes.buffer);
    const expected = Array.from(codes, (_, index) => getFloat16(view, index * 2, true));
    expect(read(10, bytes, codes.length)).toEqual(expected);
  });

  test('bfloat16 is the upper half of a float32', () => {
    const codes = Uint16Array.from({ length: 2 ** 16 }, (_, code) => code);
    const expected = new Float32Array(Uint32Array.from(codes, (code) => code << 16).buffer);
    expect(read(16, new Uint8Array(codes.buffer), codes.length)).toEqual(Array.from(expected, Number));
  });

  test('floats of 8 and 4 bits have the values of their standards', () => {
    expect(read(17, [0x00, 0x01, 0x38, 0x7e, 0x7f, 0xfe], 6)).toEqual([0, 2 ** -9, 1, 448, Number.NaN, -448]);
    expect(read(18, [0x00, 0x01, 0x40, 0x7f, 0x80], 5)).toEqual([0, 2 ** -10, 1, 240, Number.NaN]);
    expect(read(19, [0x01, 0x3c, 0x7b, 0x7c, 0x7d], 5)).toEqual([
      2 ** -16,
      1,
      57344,
      Number.POSITIVE_INFINITY,
      Number.NaN,
    ]);
    expect(read(20, [0x01, 0x40, 0x7f, 0x80], 4)).toEqual([2 ** -17, 1, 57344, Number.NaN]);
    expect(read(24, [0x7f, 0x80, 0x00, 0xff], 4)).toEqual([1, 2, Math.fround(2 ** -127), Number.NaN]);
    expect(read(23, [0x10, 0x32, 0x54, 0x76, 0xf9], 10)).toEqual([0, 0.5, 1, 1.5, 2, 3, 4, 6, -0.5, -6]);
  });

  test('integers below a byte are unpacked, the first from the lowest bits', () => {
    expect(read(22, [0x8f, 0x07], 3)).toEqual([-1, -8, 7]);
    expect(read(21, [0x8f, 0x07], 3)).toEqual([15, 8, 7]);
    expect(read(26, [0b11_10_01_00], 4)).toEqual([0, 1, -2, -1]);
    expect(read(25, [0b11_10_01_00], 4)).toEqual([0, 1, 2, 3]);
  });
});

describe('a tensor', () => {
  const listOf = (tensor: Parameters<typeof numbersOf>[0]): readonly (number | bigint)[] => {
    const numbers = numbersOf(tensor);
    if (typeof numbers === 'string') throw new Error(numbers);
    return Array.from(numbers);
  };

  test('is read from wherever its file keeps it', () => {
    expect(listOf({ dataType: 1, dims: [2], floatData: [1.5, -2] })).toEqual([1.5, -2]);
    expect(listOf({ dataType: 10, dims: [2], int32Data: [0x3c00, 0xc000] })).toEqual([1, -2]);
    expect(listOf({ dataType: 3, dims: [2], int32Data: [-1, 5] })).toEqual([-1, 5]);
    const unaligned = new Uint8Array(9);
    unaligned.set(new Uint8Array(Float32Array.of(0.25, 8).buffer), 1);
    expect(listOf({ dataType: 1, dims: [2], rawData: unaligned.subarray(1) })).toEqual([0.25, 8]);
  });

  test('whose bytes are too few is told of in a sentence', () => {
    expect(numbersOf({ dataType: 1, dims: [2], rawData: new Uint8Array(7) })).toMatch(/damaged.*8 bytes.*7/);
    expect(numbersOf({ dataType: 1, dims: [2], floatData: [1] })).toMatch(/damaged/);
    expect(numbersOf({ dataType: 1, dims: [-2], rawData: new Uint8Array(8) })).toMatch(/damaged/);
    expect(numbersOf({ dataType: 99, dims: [1] })).toMatch(/99/);
  });

  test('in another file is told by its place', () => {
    const place = { location: 'weights.bin', offset: 16, length: 8 };
    const externalData = Object.entries(place).map(([key, value]) => ({ key, value: `${value}` }));
    expect(outsidePlace({ dataLocation: 1, externalData })).toEqual(place);
    expect(outsidePlace({ dataType: 1 })).toBeUndefined();
  });

  test('with few numbers is told whole', () => {
    expect(fewNumbers({ dataType: 7, dims: [3], int64Data: [1, -1, 2n ** 60n] }, 4)).toBe(
      '[1, −1, 1152921504606846976]',
    );
    expect(fewNumbers({ dataType: 1, floatData: [Number.NEGATIVE_INFINITY] }, 4)).toBe('−∞');
    expect(fewNumbers({ dataType: 9, dims: [2], rawData: Uint8Array.of(0, 1) }, 4)).toBe('[false, true]');
    expect(fewNumbers({ dataType: 1, dims: [5], floatData: [1, 2, 3, 4, 5] }, 4)).toBeUndefined();
  });
});
