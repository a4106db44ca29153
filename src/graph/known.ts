import type { Dimension, Shape } from './dimensions.ts';
import { emitOne } from './emit.ts';
import { constant } from './leaves.ts';
import type { Operator, Value } from './value.ts';

/** Where each dimension of an integer vector that was made by `dimensionsOf` or `vector` came from. */
const known = new WeakMap<Value, Shape>();

/** Shape: the lengths of the axes `start` (inclusive) to `end` (exclusive), as an int64 vector. ONNX Shape-15. */
const shapeOperator: Operator = {
  name: 'Shape',
  since: 15,
  attributes: { start: 'int', end: 'int' },
  infer: ({ inputs: [x], attributes: { start, end } }) => [
    { type: 'int64', shape: [x?.shape.slice(Number(start), Number(end)).length ?? 0] },
  ],
};

/** The lengths of a tensor's axes from `start` up to `end`, as an int64 vector that reads them when the graph runs. */
export function dimensionsOf(x: Value, start = 0, end: number = x.rank): Value {
  const dimensions = x.shape.slice(start, end);
  const value = dimensions.every((dimension) => typeof dimension === 'number')
    ? constant(dimensions, 'int64')
    : emitOne(shapeOperator, ...beforeTransposition(x, start, end));
  known.set(value, dimensions);
  return value;
}

/**
 * Where to read axes that a transposition left side by side: in front of it. ONNX Runtime moves the transposition itself
 * behind the Shape otherwise, as a Gather over int64, which no GPU provider runs.
 */
function beforeTransposition(x: Value, start: number, end: number): [[Value], { start: number; end: number }] {
  const here: [[Value], { start: number; end: number }] = [[x], { start, end }];
  if (x.source.kind !== 'node' || x.source.node.operator.name !== 'Transpose') return here;
  const { inputs, attributes } = x.source.node;
  const [before] = inputs;
  const axes = Array.isArray(attributes.perm) ? attributes.perm.map(Number).slice(start, end) : [];
  const [first] = axes;
  if (before === undefined || first === undefined || axes.some((axis, index) => axis !== first + index)) return here;
  return beforeTransposition(before, first, first + axes.length);
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
