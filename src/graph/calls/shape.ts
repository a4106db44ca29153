import {
  addDimensions,
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
import type { Value } from '../value.ts';

/** A vector of dimensions: numbers and int64 vectors (see `dimensionOf`), in order. */
export type DimensionList = readonly (Dimension | Value)[];

/** The axes in another order; reversed unless told. ONNX Transpose-13. */
export function transpose(x: Value, permutation?: readonly number[]): Value {
  const perm =
    permutation?.map((axis) => (axis < 0 ? axis + x.rank : axis)) ?? // ONNX wants them positive
    x.shape.map((_, axis) => x.rank - 1 - axis);
  return emitOne('Transpose', [x], { perm });
}

/**
 * The same elements under another shape, given in full (numbers and symbols; one −1 is worked out).
 * Symbols are written as ONNX's 0 (same as the input's) and −1 where that suffices, and read by Shape from `x` or one of
 * `lengthsFrom` where it does not. ONNX Reshape-14.
 */
export function reshape(x: Value, shape: readonly Dimension[], lengthsFrom: readonly Value[] = []): Value {
  const target = completed(x, shape);
  if (sameShape(x.shape, target)) return x;
  return emitOne('Reshape', [x, rememberDimensions(reshapeVector(x, target, lengthsFrom), target)]);
}

/** The same elements under another value's shape, whose lengths may be read from that value when the graph runs. */
export function reshapeLike(x: Value, like: Value): Value {
  if (sameShape(x.shape, like.shape)) return x;
  const codes = like.shape.filter((dimension, axis) => typeof dimension !== 'number' && x.shape[axis] !== dimension);
  return codes.length <= 1 ? reshape(x, like.shape) : emitOne('Reshape', [x, dimensionsOf(like)]);
}

function completed(x: Value, shape: readonly Dimension[]): Shape {
  if (!shape.includes(-1)) return shape;
  const rest = multiplyDimensions(...shape.filter((dimension) => dimension !== -1));
  const missing = divideDimensions(multiplyDimensions(...x.shape), rest);
  return missing === undefined ? shape : shape.map((dimension) => (dimension === -1 ? missing : dimension));
}

/** ONNX's way to write a shape: 0 for a length that stays, −1 for one to be worked out. */
function codesFor(x: Value, target: Shape): number[] {
  return target.map((dimension, axis) =>
    typeof dimension === 'number' ? dimension : x.shape[axis] === dimension ? 0 : -1,
  );
}

/** A value and what it was before it got other shapes: where lengths can be read that its own shape hides. */
function withEarlierShapes(x: Value): readonly Value[] {
  const before =
    x.source.kind === 'node' && x.source.node.operator.name === 'Reshape' ? x.source.node.inputs[0] : undefined;
  return before === undefined ? [x] : [x, ...withEarlierShapes(before)];
}

function reshapeVector(x: Value, target: Shape, lengthsFrom: readonly Value[]): Value {
  const codes = codesFor(x, target);
  if (codes.filter((code) => code === -1).length <= 1) return constant(codes, 'int64');
  const among = [...withEarlierShapes(x), ...lengthsFrom];
  const lengths = target.map((dimension) => findDimension(dimension, among));
  const unknown = lengths.filter((length) => length === undefined).length;
  if (unknown > 1) {
    throw misfit(
      'Reshape',
      [x],
      `the lengths of ${formatShape(target)} can't be read from ${[x, ...lengthsFrom].join(' or ')}`,
    );
  }
  return concat(
    lengths.map((length) => length ?? constant([-1], 'int64')),
    { axis: 0 },
  );
}

/** Drops axes of length 1. ONNX Squeeze-13. */
export function squeeze(x: Value, axes: readonly number[]): Value {
  return emitOne('Squeeze', [x], { axes });
}

/** Adds axes of length 1, at these places of the result. ONNX Unsqueeze-13. */
export function unsqueeze(x: Value, axes: readonly number[]): Value {
  return emitOne('Unsqueeze', [x], { axes });
}

/** Repeats axes of length 1 until the shape is reached, which is given as a vector (see `dimensions`). ONNX Expand-13. */
export function expand(x: Value, shape: Value): Value {
  return emitOne('Expand', [x, shape]);
}

/** The parts one after the other along an axis. ONNX Concat-13. */
export function concat(parts: readonly Value[], { axis }: { axis: number }): Value {
  const value = emitOne('Concat', parts, { axis });
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

/** Cuts an axis into parts of the given lengths. ONNX Split-13/18. */
export function split(x: Value, sizes: readonly number[], { axis }: { axis: number }): readonly Value[] {
  return emit('Split', [x, constant(sizes, 'int64')], { axis });
}

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
export const toTheEnd = 2 ** 31 - 1;

/** A part of a tensor, cut along one or more axes. ONNX Slice-13. */
export function slice(x: Value, ...ranges: readonly SliceRange[]): Value {
  const starts = vector(ranges.map(({ start = 0 }) => start));
  const ends = vector(ranges.map(({ end = toTheEnd }) => end));
  const axes = ranges.map(({ axis }) => (axis < 0 ? axis + x.rank : axis));
  const lengths = ranges.map((range) => range.length ?? sliceLength(x, range));
  return emitOne('Slice', [x, starts, ends, constant(axes, 'int64')], { lengths });
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

/** 0, 1, … up to a number, exclusive. ONNX Range-11. */
export function range(length: number, type: 'int32' | 'float32' = 'int32'): Value {
  return emitOne('Range', [constant(0, type), constant(length, type), constant(1, type)], { lengths: [length] });
}

/** Keeps the lower triangle (or the upper one) of the last two axes and zeroes the rest. ONNX Trilu-14. */
export function trilu(x: Value, { upper = false, k = 0 }: { upper?: boolean; k?: number } = {}): Value {
  const inputs = k === 0 ? [x] : [x, constant(k, 'int64')];
  return emitOne('Trilu', inputs, { upper: upper ? 1 : 0 });
}

/** A tensor of one number, `shape` numbers only. Expand, not ConstantOfShape, which no GPU provider runs. */
export function filled(number: number, shape: readonly number[], type: 'float32' | 'int32' = 'float32'): Value {
  return expand(constant(number, type), constant(shape, 'int64'));
}
