import { type Dimension, formatShape, type Shape, sameShape } from '../dimensions.ts';
import type { Operator, OperatorCall } from '../value.ts';
import { integer, mustAgree, mustBe, required, resolveAxis } from './shape-rules.ts';

/** With one scale, one for each index of an axis, or (from opset 21 on) one for every so many elements along an axis. */
const dequantizeLinear: Operator = {
  name: 'DequantizeLinear',
  since: 13,
  attributes: { axis: 'int', block_size: { kind: 'int', since: 21 } },
  infer: (call) => {
    const [x, scale, zeroPoint] = [required(call, 0), required(call, 1), call.inputs[2]];
    if (call.attributes.block_size === undefined) checkScales(call);
    else checkBlocks(call);
    if (zeroPoint !== undefined) {
      mustAgree(x, zeroPoint);
      if (!sameShape(scale.shape, zeroPoint.shape)) throw new Error('scale and zero point differ in shape');
    }
    return [{ type: scale.type, shape: x.shape }];
  },
};

function checkScales(call: OperatorCall): void {
  const [x, scale] = [required(call, 0), required(call, 1)];
  mustBe(x, 'int8', 'uint8');
  mustBe(scale, 'float32');
  if (scale.rank > 1) throw new Error(`scales of shape ${formatShape(scale.shape)} need a block size`);
  const axis = resolveAxis(integer(call, 'axis'), x.rank);
  if (scale.rank === 1 && scale.shape[0] !== x.shape[axis]) {
    throw new Error(`axis ${axis} of ${formatShape(x.shape)} needs ${x.shape[axis]} scales, not ${scale.shape[0]}`);
  }
}

function checkBlocks(call: OperatorCall): void {
  const [x, scale] = [required(call, 0), required(call, 1)];
  mustBe(x, 'int8', 'uint8', 'int4', 'uint4');
  mustBe(scale, 'float32', 'float16');
  const axis = resolveAxis(integer(call, 'axis'), x.rank);
  const size = integer(call, 'block_size');
  if (size < 1) throw new Error(`block_size must be at least 1, not ${size}`);
  const expected: Shape = x.shape.map((length, position) => (position === axis ? blocksOf(length, size) : length));
  if (!sameShape(expected, scale.shape)) {
    throw new Error(`blocks of ${size} need scales of ${formatShape(expected)}, not ${formatShape(scale.shape)}`);
  }
}

function blocksOf(length: Dimension, size: number): number {
  if (typeof length !== 'number') throw new Error(`an axis of the unknown length ${length} can't be cut into blocks`);
  return Math.ceil(length / size);
}

const dynamicQuantizeLinear: Operator = {
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

const matMulInteger: Operator = {
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

const matMulNBits: Operator = {
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

export const quantizationOperators: readonly Operator[] = [
  dequantizeLinear,
  dynamicQuantizeLinear,
  matMulInteger,
  matMulNBits,
];
