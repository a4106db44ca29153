import type { Dimension, Shape } from './dimensions.ts';
import { emitOne } from './emit.ts';
import { constant } from './leaves.ts';
import type { Value } from './value.ts';

/** Where each dimension of an integer vector that was made by `dimensionsOf` or `vector` came from. */
const known = new WeakMap<Value, Shape>();

/** The lengths of a tensor's axes from `start` up to `end`, as an int64 vector that reads them when the graph runs. ONNX Shape-15. */
export function dimensionsOf(x: Value, start = 0, end: number = x.rank): Value {
  const dimensions = x.shape.slice(start, end);
  const value = dimensions.every((dimension) => typeof dimension === 'number')
    ? constant(dimensions, 'int64')
    : emitOne('Shape', [x], { start, end });
  known.set(value, dimensions);
  return value;
}

/** The length of one axis, as an int64 vector of one element: what Slice and Expand want. */
export function dimensionOf(x: Value, axis: number): Value {
  const position = axis < 0 ? axis + x.rank : axis;
  return dimensionsOf(x, position, position + 1);
}

/** What is known, while the graph is being built, of an int64 vector's elements: numbers, symbols, or undefined. */
export function knownDimensions(value: Value): Shape | undefined {
  const remembered = known.get(value);
  if (remembered !== undefined || value.source.kind !== 'constant') return remembered;
  const { data } = value.source;
  return Array.from({ length: data.length }, (_, index) => Number(data[index]));
}

/** Remembers the dimensions that a vector's elements are, for values that no rule here can tell. */
export function rememberDimensions(value: Value, dimensions: Shape): Value {
  known.set(value, dimensions);
  return value;
}

/** A place where a dimension's length can be read when the graph runs: an axis of a value that has it. */
export function findDimension(dimension: Dimension, among: readonly Value[]): Value | undefined {
  if (typeof dimension === 'number') return constant([dimension], 'int64');
  for (const value of among) {
    const axis = value.shape.indexOf(dimension);
    if (axis >= 0) return dimensionOf(value, axis);
  }
  return undefined;
}
