import { emit, emitOne } from '../emit.ts';
import type { Value } from '../value.ts';

export interface DequantizeOptions {
  /** The axis that the scales lie along. */
  readonly axis: number;
  /** How many elements along the axis share a scale (the last block may be shorter); unset is one scale for each index of the axis. */
  readonly blockSize?: number;
  /** What stands for 0, of x's type and the scale's shape; 0 unless told. */
  readonly zeroPoint?: Value;
}

/**
 * (x − zero point) · scale. ONNX DequantizeLinear-13; with a block size -21.
 * @param x whole numbers
 * @param scale float32: a scalar or (length of the axis); with a block size x's shape with the axis counted in blocks
 */
export function dequantizeLinear(x: Value, scale: Value, { axis, blockSize, zeroPoint }: DequantizeOptions): Value {
  const inputs = zeroPoint === undefined ? [x, scale] : [x, scale, zeroPoint];
  return emitOne('DequantizeLinear', inputs, { axis, block_size: blockSize });
}

/** A tensor as whole numbers from 0 to 255, with the scale and the zero point that fit its range. ONNX DynamicQuantizeLinear-11. */
export function dynamicQuantizeLinear(x: Value): { quantized: Value; scale: Value; zeroPoint: Value } {
  const [quantized, scale, zeroPoint] = emit('DynamicQuantizeLinear', [x]);
  if (quantized === undefined || scale === undefined || zeroPoint === undefined) {
    throw new TypeError('DynamicQuantizeLinear yields three outputs');
  }
  return { quantized, scale, zeroPoint };
}

/** (left − zero point) × right, exact in int32. @param left (…, K) @param right (K, N). ONNX MatMulInteger-10. */
export function matMulInteger(left: Value, right: Value, leftZeroPoint: Value): Value {
  return emitOne('MatMulInteger', [left, right, leftZeroPoint]);
}

export interface MatMulNBitsOptions {
  readonly inner: number;
  readonly columns: number;
  readonly bits: 4 | 8;
  readonly blockSize: number;
  /** How exact the left factor must stay: 0 as it is, 1 float32, 2 float16, 4 rounded to int8 in the same blocks. */
  readonly accuracyLevel: 0 | 1 | 2 | 4;
}

/**
 * x × the transpose of a matrix stored by its columns in few bits: ONNX Runtime's own MatMulNBits (domain com.microsoft, version 1).
 * @param x (…, K)
 * @param weight uint8 (N, blocks, block size · bits / 8), offset by half the range (8 or 128), the lower half of a byte first
 * @param scale (N, blocks)
 */
export function matMulNBits(
  x: Value,
  weight: Value,
  scale: Value,
  { inner, columns, bits, blockSize, accuracyLevel }: MatMulNBitsOptions,
): Value {
  return emitOne('com.microsoft.MatMulNBits', [x, weight, scale], {
    K: inner,
    N: columns,
    bits,
    block_size: blockSize,
    accuracy_level: accuracyLevel,
  });
}
