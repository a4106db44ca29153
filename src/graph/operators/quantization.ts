import { type Dimension, formatShape, type Shape, sameShape } from '../dimensions.ts';
import { emit, emitOne } from '../emit.ts';
import type { Operator, OperatorCall, Value } from '../value.ts';
import { integer, mustAgree, mustBe, required, resolveAxis } from './rules.ts';

/** Whole numbers that stand for a tensor's elements divided by a scale. */
const quantized = ['int8', 'uint8', 'int4', 'uint4'] as const;

function dequantized(call: OperatorCall, type: Value['type']): { type: Value['type']; shape: Shape }[] {
  const zeroPoint = call.inputs[2];
  if (zeroPoint !== undefined) {
    mustAgree(required(call, 0), zeroPoint);
    if (!sameShape(required(call, 1).shape, zeroPoint.shape)) throw new Error('scale and zero point differ in shape');
  }
  return [{ type, shape: required(call, 0).shape }];
}

/** With one scale, or one for each index of an axis. */
const dequantizeLinearOperator: Operator = {
  name: 'DequantizeLinear',
  since: 13,
  attributes: { axis: 'int' },
  infer: (call) => {
    const [x, scale] = [required(call, 0), required(call, 1)];
    mustBe(x, 'int8', 'uint8');
    mustBe(scale, 'float32');
    if (scale.rank > 1) throw new Error(`scales of shape ${formatShape(scale.shape)} need a block size`);
    const axis = resolveAxis(integer(call, 'axis'), x.rank);
    if (scale.rank === 1 && scale.shape[0] !== x.shape[axis]) {
      throw new Error(`axis ${axis} of ${formatShape(x.shape)} needs ${x.shape[axis]} scales, not ${scale.shape[0]}`);
    }
    return dequantized(call, scale.type);
  },
};

/** With a scale for every so many elements along an axis. */
const blockedDequantizeLinearOperator: Operator = {
  name: 'DequantizeLinear',
  since: 21,
  attributes: { axis: 'int', block_size: 'int' },
  infer: (call) => {
    const [x, scale] = [required(call, 0), required(call, 1)];
    mustBe(x, ...quantized);
    mustBe(scale, 'float32', 'float16');
    const axis = resolveAxis(integer(call, 'axis'), x.rank);
    const size = integer(call, 'block_size');
    if (size < 1) throw new Error(`block_size must be at least 1, not ${size}`);
    const expected = x.shape.map((length, position) => (position === axis ? blocksOf(length, size) : length));
    if (!sameShape(expected, scale.shape)) {
      throw new Error(`blocks of ${size} need scales of ${formatShape(expected)}, not ${formatShape(scale.shape)}`);
    }
    return dequantized(call, scale.type);
  },
};

function blocksOf(length: Dimension, size: number): number {
  if (typeof length !== 'number') throw new Error(`an axis of the unknown length ${length} can't be cut into blocks`);
  return Math.ceil(length / size);
}

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
  return blockSize === undefined
    ? emitOne(dequantizeLinearOperator, inputs, { axis })
    : emitOne(blockedDequantizeLinearOperator, inputs, { axis, block_size: blockSize });
}

const dynamicQuantizeLinearOperator: Operator = {
  name: 'DynamicQuantizeLinear',
  since: 11,
  infer: (call) => {
    const x = required(call, 0);
    mustBe(x, 'float32');
    return [
      { type: 'uint8', shape: x.shape },
      { type: 'float32', shape: [] },
      { type: 'uint8', shape: [] },
    ];
  },
};

/** A tensor as whole numbers from 0 to 255, with the scale and the zero point that fit its range. ONNX DynamicQuantizeLinear-11. */
export function dynamicQuantizeLinear(x: Value): { quantized: Value; scale: Value; zeroPoint: Value } {
  const [quantized, scale, zeroPoint] = emit(dynamicQuantizeLinearOperator, [x]);
  if (quantized === undefined || scale === undefined || zeroPoint === undefined) {
    throw new TypeError('DynamicQuantizeLinear yields three outputs');
  }
  return { quantized, scale, zeroPoint };
}

const matMulIntegerOperator: Operator = {
  name: 'MatMulInteger',
  since: 10,
  infer: (call) => {
    const [left, right] = [required(call, 0), required(call, 1)];
    mustBe(left, 'int8', 'uint8');
    mustBe(right, 'int8', 'uint8');
    if (left.rank < 2 || right.rank !== 2) throw new Error('the right factor must be a matrix, the left at least one');
    if (left.shape.at(-1) !== right.shape[0]) {
      throw new Error(`inner dimensions differ in ${formatShape(left.shape)} × ${formatShape(right.shape)}`);
    }
    return [{ type: 'int32', shape: [...left.shape.slice(0, -1), right.shape[1] ?? 1] }];
  },
};

/** (left − zero point) × right, exact in int32. @param left (…, K) @param right (K, N). ONNX MatMulInteger-10. */
export function matMulInteger(left: Value, right: Value, leftZeroPoint: Value): Value {
  return emitOne(matMulIntegerOperator, [left, right, leftZeroPoint]);
}

const matMulNBitsOperator: Operator = {
  name: 'MatMulNBits',
  domain: 'com.microsoft',
  since: 1,
  attributes: { K: 'int', N: 'int', bits: 'int', block_size: 'int', accuracy_level: 'int' },
  infer: (call) => {
    const [x, weight, scale] = [required(call, 0), required(call, 1), required(call, 2)];
    const [inner, columns, bits, size] = [
      integer(call, 'K'),
      integer(call, 'N'),
      integer(call, 'bits'),
      integer(call, 'block_size'),
    ];
    mustBe(weight, 'uint8');
    mustAgree(x, scale);
    if (bits !== 4 && bits !== 8) throw new Error(`bits must be 4 or 8, not ${bits}`);
    if (size < 16 || !Number.isInteger(Math.log2(size))) {
      throw new Error(`block_size must be a power of 2 from 16 on, not ${size}`);
    }
    if (x.shape.at(-1) !== inner) throw new Error(`K is ${inner}, but rows of ${formatShape(x.shape)} come in`);
    const blocks = Math.ceil(inner / size);
    const stored = [columns, blocks, (size * bits) / 8];
    if (!sameShape(weight.shape, stored) || !sameShape(scale.shape, [columns, blocks])) {
      throw new Error(
        `weights and scales must have the shapes ${formatShape(stored)} and ${formatShape([columns, blocks])}`,
      );
    }
    return [{ type: x.type, shape: [...x.shape.slice(0, -1), columns] }];
  },
};

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
  return emitOne(matMulNBitsOperator, [x, weight, scale], {
    K: inner,
    N: columns,
    bits,
    block_size: blockSize,
    accuracy_level: accuracyLevel,
  });
}
