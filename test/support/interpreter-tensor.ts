import type { Node } from '../../src/graph/index.ts';

/** A tensor of the interpreter: every element type is held in float64; truth values are 0 and 1. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** One operator: from the inputs that are there, in ONNX's order (only those at the end may be left out), to the outputs. */
export type Kernel = (inputs: readonly [Tensor, ...Tensor[]], node: Node) => readonly Tensor[];

export function tensorOf(shape: readonly number[], data: ArrayLike<number>): Tensor {
  if (sizeOf(shape) !== data.length) throw new Error(`${data.length} elements do not fill the shape (${shape})`);
  return { shape, data: Float64Array.from(data) };
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

/** How far apart neighbours along each axis lie, in row-major order. */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/** For each element of a shape, in row-major order: `start` and, for each axis, index × stride. */
export function offsets(shape: readonly number[], strides: readonly number[], start = 0): Int32Array {
  const result = new Int32Array(sizeOf(shape));
  if (result.length === 0) return result;
  result[0] = start;
  let filled = 1;
  for (const [axis, length] of shape.entries()) {
    const stride = at(strides, axis);
    // From the last to the first, so that none is written over before it was read.
    for (let position = filled - 1; position >= 0; position--) {
      const offset = at(result, position);
      for (let index = 0; index < length; index++) result[position * length + index] = offset + index * stride;
    }
    filled *= length;
  }
  return result;
}

/** The elements that lie at some places, counted from `start`; each must be there. */
export function elementsAt(data: Float64Array, places: Int32Array, start = 0): Float64Array {
  const elements = new Float64Array(places.length);
  for (let index = 0; index < places.length; index++) {
    const element = data[start + (places[index] ?? Number.NaN)];
    if (element === undefined) throw new RangeError(`there is no element at place ${index} of ${places.length}`);
    elements[index] = element;
  }
  return elements;
}

/** The elements of a tensor that lie at the offsets which a shape and its strides make. */
export function pick({ data }: Tensor, shape: readonly number[], strides: readonly number[], start = 0): Tensor {
  const size = sizeOf(shape);
  const own = stridesOf(shape);
  // Most often they lie one after the other.
  if (start + size <= data.length && shape.every((length, axis) => length === 1 || strides[axis] === own[axis])) {
    return { shape, data: data.subarray(start, start + size) };
  }
  return { shape, data: elementsAt(data, offsets(shape, strides, start)) };
}

/** Strides by which a tensor is read as if it had the shape it broadcasts to. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const added = to.length - from.length;
  return to.map((_, axis) => (axis < added || from[axis - added] === 1 ? 0 : at(strides, axis - added)));
}

export function broadcastTo(tensor: Tensor, shape: readonly number[]): Tensor {
  return pick(tensor, shape, broadcastStrides(tensor.shape, shape));
}

export function broadcastShape(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const lengths = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1).filter((length) => length !== 1);
    if (new Set(lengths).size > 1) throw new Error(`shapes (${shapes.join(') and (')}) do not broadcast`);
    return lengths[0] ?? 1;
  });
}

/** An element that must be there. */
export function at(list: ArrayLike<number>, index: number): number {
  const element = list[index];
  if (element === undefined) throw new RangeError(`there is no element ${index} among ${list.length}`);
  return element;
}

/** An axis counted from the end becomes one counted from the start. */
export function positive(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Applies a function to every line along an axis; it may change the line's length. */
export function alongAxis(x: Tensor, axis: number, change: (line: Float64Array) => ArrayLike<number>): Tensor {
  const strides = stridesOf(x.shape);
  const step = at(strides, axis);
  const length = at(x.shape, axis);
  const one = x.shape.map((size, position) => (position === axis ? 1 : size));
  const lines = Array.from(offsets(one, strides), (start) =>
    change(Float64Array.from({ length }, (_, index) => at(x.data, start + index * step))),
  );
  const shape = x.shape.map((size, position) => (position === axis ? (lines[0]?.length ?? 0) : size));
  const result = { shape, data: new Float64Array(sizeOf(shape)) };
  const starts = offsets(one, stridesOf(shape));
  for (const [line, values] of lines.entries()) {
    for (let index = 0; index < values.length; index++) {
      result.data[at(starts, line) + index * at(stridesOf(shape), axis)] = at(values, index);
    }
  }
  return result;
}
