import {
  addDimensions,
  broadcastShapes,
  type Dimension,
  divideDimensions,
  formatShape,
  multiplyDimensions,
  type Shape,
  sameShape,
  subtractDimensions,
} from '../dimensions.ts';
import { emit, emitOne, misfit } from '../emit.ts';
import { dimensionsOf, findDimension, knownDimensions, rememberDimensions } from '../known.ts';
import { constant } from '../leaves.ts';
import type { Operator, OperatorCall, Value } from '../value.ts';
import { dimensions, integer, integers, mustAgree, mustBe, required, resolveAxis, withAxis } from './rules.ts';

/** A vector of dimensions: numbers and int64 vectors (see `dimensionOf`), in order. */
export type DimensionList = readonly (Dimension | Value)[];

function requiredKnown(call: OperatorCall, index: number): Shape {
  const dimensions = knownDimensions(required(call, index));
  if (dimensions === undefined) throw new Error('its shape operand is not known while the graph is built');
  return dimensions;
}

const transposeOperator: Operator = {
  name: 'Transpose',
  since: 13,
  attributes: { perm: 'ints' },
  infer: (call) => {
    const x = required(call, 0);
    const permutation = integers(call, 'perm');
    if (permutation.length !== x.rank || new Set(permutation).size !== x.rank) {
      throw new Error(`perm [${permutation.join(', ')}] does not name each of the ${x.rank} axes once`);
    }
    return [{ type: x.type, shape: permutation.map((axis) => x.shape[resolveAxis(axis, x.rank)] ?? 1) }];
  },
};

/**
 * The axes in another order; reversed unless told. ONNX Transpose-13, or where only axes of length 1 move and no element does,
 * Reshape-14, which copies nothing. What turns an earlier transposition back is what was there before it.
 */
export function transpose(x: Value, permutation?: readonly number[]): Value {
  const perm =
    permutation?.map((axis) => (axis < 0 ? axis + x.rank : axis)) ?? // ONNX wants them positive
    x.shape.map((_, axis) => x.rank - 1 - axis);
  const moving = perm.filter((axis) => x.shape[axis] !== 1);
  const still = moving.every((axis, index) => index === 0 || axis > (moving[index - 1] ?? 0));
  const symbolsMoved = perm.filter((axis, place) => typeof x.shape[axis] !== 'number' && axis !== place).length;
  if (perm.length === x.rank && moving.length < x.rank && still && symbolsMoved <= 1) {
    return reshape(
      x,
      perm.map((axis) => x.shape[axis] ?? 1),
    );
  }
  const before = x.source.kind === 'node' && x.source.node.operator === transposeOperator ? x.source.node : undefined;
  const earlier = Array.isArray(before?.attributes.perm) ? before.attributes.perm : [];
  if (
    before?.inputs[0] !== undefined &&
    perm.length === x.rank &&
    perm.every((axis, place) => earlier[axis] === place)
  ) {
    return before.inputs[0];
  }
  return emitOne(transposeOperator, [x], { perm });
}

const reshapeOperator: Operator = {
  name: 'Reshape',
  since: 14,
  infer: (call) => {
    const x = required(call, 0);
    const target = requiredKnown(call, 1);
    if (multiplyDimensions(...target) !== multiplyDimensions(...x.shape)) {
      throw new Error(`${formatShape(x.shape)} has not as many elements as ${formatShape(target)}`);
    }
    return [{ type: x.type, shape: target }];
  },
};

/**
 * The same elements under another shape, given in full (numbers and symbols; one −1 is worked out).
 * Symbols are written as ONNX's 0 (same as the input's) and −1 where that suffices, and read by Shape from `x` or one of
 * `lengthsFrom` where it does not. ONNX Reshape-14.
 */
export function reshape(x: Value, shape: readonly Dimension[], lengthsFrom: readonly Value[] = []): Value {
  const target = completed(x, shape);
  if (sameShape(x.shape, target)) return x;
  const before = reshaped(x);
  if (before !== undefined && codesFor(before, target).filter((code) => code === -1).length <= 1) {
    return reshape(before, target);
  }
  return emitOne(reshapeOperator, [x, rememberDimensions(reshapeVector(x, target, [x, ...lengthsFrom]), target)]);
}

/** The same elements under another value's shape, whose lengths may be read from that value when the graph runs. */
export function reshapeLike(x: Value, like: Value): Value {
  if (sameShape(x.shape, like.shape)) return x;
  const codes = like.shape.filter((dimension, axis) => typeof dimension !== 'number' && x.shape[axis] !== dimension);
  return codes.length <= 1 ? reshape(x, like.shape) : emitOne(reshapeOperator, [x, dimensionsOf(like)]);
}

function completed(x: Value, shape: readonly Dimension[]): Shape {
  if (!shape.includes(-1)) return shape;
  const rest = multiplyDimensions(...shape.filter((dimension) => dimension !== -1));
  const missing = divideDimensions(multiplyDimensions(...x.shape), rest);
  return missing === undefined ? shape : shape.map((dimension) => (dimension === -1 ? missing : dimension));
}

/** What a value was before it got another shape: one Reshape after another is the last one alone. */
function reshaped({ source }: Value): Value | undefined {
  return source.kind === 'node' && source.node.operator === reshapeOperator ? source.node.inputs[0] : undefined;
}

/** ONNX's way to write a shape: 0 for a length that stays, −1 for one to be worked out. */
function codesFor(x: Value, target: Shape): number[] {
  return target.map((dimension, axis) =>
    typeof dimension === 'number' ? dimension : x.shape[axis] === dimension ? 0 : -1,
  );
}

function reshapeVector(x: Value, target: Shape, among: readonly Value[]): Value {
  const codes = codesFor(x, target);
  if (codes.filter((code) => code === -1).length <= 1) return constant(codes, 'int64');
  const lengths = target.map((dimension) => findDimension(dimension, among));
  const unknown = lengths.filter((length) => length === undefined).length;
  if (unknown > 1) {
    throw misfit('Reshape', [x], `the lengths of ${formatShape(target)} can't be read from ${among.join(' or ')}`);
  }
  return concat(
    lengths.map((length) => length ?? constant([-1], 'int64')),
    { axis: 0 },
  );
}

const squeezeOperator: Operator = {
  name: 'Squeeze',
  since: 13,
  attributes: { axes: 'ints' },
  infer: (call) => {
    const x = required(call, 0);
    const gone = new Set(integers(call, 'axes').map((axis) => resolveAxis(axis, x.rank)));
    for (const axis of gone)
      if (x.shape[axis] !== 1) throw new Error(`axis ${axis} has length ${x.shape[axis]}, not 1`);
    return [{ type: x.type, shape: x.shape.filter((_, axis) => !gone.has(axis)) }];
  },
};

/** Drops axes of length 1. ONNX Squeeze-13. */
export function squeeze(x: Value, axes: readonly number[]): Value {
  return emitOne(squeezeOperator, [x], { axes });
}

const unsqueezeOperator: Operator = {
  name: 'Unsqueeze',
  since: 13,
  attributes: { axes: 'ints' },
  infer: (call) => {
    const x = required(call, 0);
    const axes = integers(call, 'axes');
    const rank = x.rank + axes.length;
    const added = new Set(axes.map((axis) => resolveAxis(axis, rank)));
    if (added.size !== axes.length) throw new Error(`axes ${axes.join(', ')} name one axis twice`);
    const old = [...x.shape];
    return [
      { type: x.type, shape: Array.from({ length: rank }, (_, axis) => (added.has(axis) ? 1 : (old.shift() ?? 1))) },
    ];
  },
};

/** Adds axes of length 1, at these places of the result. ONNX Unsqueeze-13. */
export function unsqueeze(x: Value, axes: readonly number[]): Value {
  return emitOne(unsqueezeOperator, [x], { axes });
}

const expandOperator: Operator = {
  name: 'Expand',
  since: 13,
  infer: (call) => {
    const x = required(call, 0);
    const target = requiredKnown(call, 1);
    const shape = broadcastShapes(x.shape, target);
    if (shape === undefined) throw new Error(`${formatShape(x.shape)} does not broadcast to ${formatShape(target)}`);
    return [{ type: x.type, shape }];
  },
};

/** Repeats axes of length 1 until the shape is reached, which is given as a vector (see `dimensions`). ONNX Expand-13. */
export function expand(x: Value, shape: Value): Value {
  return emitOne(expandOperator, [x, shape]);
}

const concatOperator: Operator = {
  name: 'Concat',
  since: 13,
  attributes: { axis: 'int' },
  infer: (call) => {
    const first = required(call, 0);
    const axis = resolveAxis(integer(call, 'axis'), first.rank);
    let length: Dimension = 0;
    for (const part of call.inputs) {
      if (part === undefined || part.type !== first.type || part.rank !== first.rank) {
        throw new Error('all parts must have one type and rank');
      }
      if (!sameShape(withAxis(part.shape, axis, 0), withAxis(first.shape, axis, 0))) {
        throw new Error(
          `parts of shapes ${formatShape(first.shape)} and ${formatShape(part.shape)} differ off axis ${axis}`,
        );
      }
      length = addDimensions(length, part.shape[axis] ?? 0);
    }
    return [{ type: first.type, shape: withAxis(first.shape, axis, length) }];
  },
};

/** The parts one after the other along an axis. ONNX Concat-13. */
export function concat(parts: readonly Value[], { axis }: { axis: number }): Value {
  const value = emitOne(concatOperator, parts, { axis });
  const dimensions = parts.map(knownDimensions);
  return dimensions.every((known) => known !== undefined) ? rememberDimensions(value, dimensions.flat()) : value;
}

/** An int64 vector of dimensions; what is a number everywhere becomes a constant. */
export function vector(list: DimensionList): Value {
  if (list.every((entry) => typeof entry === 'number')) return constant(list, 'int64');
  const parts = list.map((entry) => {
    if (typeof entry === 'object') return entry;
    if (typeof entry === 'number') return constant([entry], 'int64');
    throw misfit('vector', [], `the length of ${entry} must be given as a value: use dimensionOf(x, axis)`);
  });
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : concat(parts, { axis: 0 });
}

const splitOperator: Operator = {
  name: 'Split',
  since: 13,
  attributes: { axis: 'int' },
  infer: (call) => {
    const x = required(call, 0);
    const axis = resolveAxis(integer(call, 'axis'), x.rank);
    const sizes = requiredKnown(call, 1);
    const sum = sizes.reduce<Dimension>(addDimensions, 0);
    if (sum !== x.shape[axis]) throw new Error(`parts of ${sizes.join(' + ')} do not make up axis ${axis}`);
    return sizes.map((size) => ({ type: x.type, shape: withAxis(x.shape, axis, size) }));
  },
};

/** Cuts an axis into parts of the given lengths. ONNX Split-13/18. */
export function split(x: Value, sizes: readonly number[], { axis }: { axis: number }): readonly Value[] {
  return emit(splitOperator, [x, constant(sizes, 'int64')], { axis });
}

const sliceOperator: Operator = {
  name: 'Slice',
  since: 13,
  infer: (call) => {
    const x = required(call, 0);
    const axes = requiredKnown(call, 3).map((axis) => resolveAxis(Number(axis), x.rank));
    const lengths = dimensions(call, 'lengths');
    return [{ type: x.type, shape: x.shape.map((dimension, axis) => lengths[axes.indexOf(axis)] ?? dimension) }];
  },
};

export interface SliceRange {
  readonly axis: number;
  /** Where to begin: a number (negative counts from the end) or an int64 vector of one element. 0 unless told. */
  readonly start?: number | Value;
  /** Where to stop, exclusive, likewise. The end of the axis unless told. */
  readonly end?: number | Value;
  /** The length that comes out, where start and end don't tell it: they are taken to lie within an axis of symbolic length. */
  readonly length?: Dimension;
}

/** The largest end that every runtime takes as "to the end". */
const toTheEnd = 2 ** 31 - 1;

/** A part of a tensor, cut along one or more axes. ONNX Slice-13. */
export function slice(x: Value, ...ranges: readonly SliceRange[]): Value {
  const starts = vector(ranges.map(({ start = 0 }) => start));
  const ends = vector(ranges.map(({ end = toTheEnd }) => end));
  const axes = ranges.map(({ axis }) => (axis < 0 ? axis + x.rank : axis));
  const lengths = ranges.map((range) => range.length ?? sliceLength(x, range));
  return emitOne(sliceOperator, [x, starts, ends, constant(axes, 'int64')], { lengths });
}

function sliceLength(x: Value, { axis, start = 0, end = toTheEnd }: SliceRange): Dimension {
  const full = x.shape[axis < 0 ? axis + x.rank : axis] ?? 0;
  const bound = (given: number | Value): Dimension => {
    const position = typeof given === 'number' ? given : knownDimensions(given)?.[0];
    if (position === undefined) {
      throw misfit(
        'Slice',
        [x],
        `give the length along axis ${axis}: start or end is not known while the graph is built`,
      );
    }
    if (typeof position !== 'number') return position;
    if (position < 0) return typeof full === 'number' ? Math.max(full + position, 0) : addDimensions(full, position);
    return typeof full === 'number' ? Math.min(position, full) : position === toTheEnd ? full : position;
  };
  const length = subtractDimensions(bound(end), bound(start));
  return typeof length === 'number' ? Math.max(length, 0) : length;
}

const rangeOperator: Operator = {
  name: 'Range',
  since: 11,
  infer: (call) => {
    const [start, limit] = [required(call, 0), required(call, 1)];
    mustBe(start, 'int32', 'int64', 'float32');
    mustAgree(start, limit);
    const [length] = dimensions(call, 'lengths');
    if (typeof length !== 'number' || !Number.isSafeInteger(length) || length < 0)
      throw new Error(`${length} is no length`);
    return [{ type: start.type, shape: [length] }];
  },
};

/** 0, 1, … up to a number, exclusive. ONNX Range-11. */
export function range(length: number, type: 'int32' | 'float32' = 'int32'): Value {
  return emitOne(rangeOperator, [constant(0, type), constant(length, type), constant(1, type)], { lengths: [length] });
}

const triluOperator: Operator = {
  name: 'Trilu',
  since: 14,
  attributes: { upper: 'int' },
  infer: (call) => {
    const x = required(call, 0);
    if (x.rank < 2) throw new Error('the input must be a matrix or a batch of matrices');
    return [{ type: x.type, shape: x.shape }];
  },
};

/** Keeps the lower triangle (or the upper one) of the last two axes and zeroes the rest. ONNX Trilu-14. */
export function trilu(x: Value, { upper = false, k = 0 }: { upper?: boolean; k?: number } = {}): Value {
  const inputs = k === 0 ? [x] : [x, constant(k, 'int64')];
  return emitOne(triluOperator, inputs, { upper: upper ? 1 : 0 });
}

/** A tensor of one number, `shape` numbers only. Expand, not ConstantOfShape, which no GPU provider runs. */
export function filled(number: number, shape: readonly number[], type: 'float32' | 'int32' = 'float32'): Value {
  return expand(constant(number, type), constant(shape, 'int64'));
}
