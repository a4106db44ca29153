import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { copyTensor, elementCount, scalar, tensor, tensorAround, zeroTensor } from '../../src/runtime/tensor.ts';

describe('tensor', () => {
  test('keeps an array of the type as it is, without a copy', () => {
    const data = Float32Array.of(1, 2, 3, 4);
    expect(tensor('float32', [2, 2], data).data).toBe(data);
  });

  test('puts plain values into the array of the type', () => {
    expect(tensor('int32', [2], [1, -2]).data).toEqual(Int32Array.of(1, -2));
    expect(tensor('int64', [2], [1, 2n]).data).toEqual(BigInt64Array.of(1n, 2n));
    expect(tensor('bool', [2], [true, false]).data).toEqual(Uint8Array.of(1, 0));
    expect(tensor('float32', [1], [0.1]).data).toEqual(Float32Array.of(0.1));
    expect(tensor('string', [2], ['a', '🙂']).data).toEqual(['a', '🙂']);
  });

  test('a scalar has the empty shape and one element', () => {
    expect(scalar('float32', 0.5)).toEqual({ type: 'float32', shape: [], data: Float32Array.of(0.5) });
    expect(elementCount([])).toBe(1);
    expect(elementCount([3, 0, 2])).toBe(0);
  });

  test('zeros fills any type', () => {
    expect(zeroTensor('uint64', [2]).data).toEqual(BigUint64Array.of(0n, 0n));
    expect(zeroTensor('string', [1]).data).toEqual(['']);
  });

  test('a copy shares no memory', () => {
    const source = tensor('int32', [2], [1, 2]);
    const copy = copyTensor(source);
    source.data[0] = 9;
    expect(copy).toEqual(tensor('int32', [2], [1, 2]));
  });

  test.each([
    [
      'too few elements',
      () => tensor('float32', [2, 3], [1]),
      'A tensor of shape [2, 3] has 6 elements, but 1 were given.',
    ],
    ['a negative size', () => tensor('float32', [-1], []), 'dimension 0 of [-1]'],
    ['a fraction as integer', () => tensor('int32', [2], [1, 1.5]), "Element 1 is 1.5, which int32 can't hold."],
    ['an integer out of range', () => tensor('uint8', [1], [300]), "Element 0 is 300, which uint8 can't hold."],
    ['a fraction as int64', () => tensor('int64', [1], [0.5]), '0.5 is no whole number'],
    ["another type's array", () => tensorAround('float32', [1], Int32Array.of(1)), 'Float32Array, not Int32Array'],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(UserError);
    expect(make).toThrow(message);
  });
});
