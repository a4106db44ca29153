import {
  concat,
  reshapeLike,
  type SliceRange,
  slice,
  split,
  squeeze,
  toTheEnd,
  transpose,
  trilu,
  unsqueeze,
} from '../calls/shape.ts';
import {
  addDimensions,
  broadcastShapes,
  type Dimension,
  formatShape,
  multiplyDimensions,
  type Shape,
  sameShape,
} from '../dimensions.ts';
import { dimensionOf, knownDimensions } from '../known.ts';
import { constant } from '../leaves.ts';
import type { Operator, OperatorCall, Value } from '../value.ts';
import { producer } from '../walk.ts';
import { integersOf, ofOne, reduceTo, zerosLike } from './gradient-rules.ts';
import { dimensions, integer, integers, mustAgree, mustBe, required, resolveAxis, withAxis } from './shape-rules.ts';

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
  gradient: ({ node, outputGradient }) => {
    const perm = integersOf(node, 'perm');
    return [
      transpose(
        outputGradient(),
        perm.map((_, axis) => perm.indexOf(axis)),
      ),
    ];
  },
};

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
  gradient: ofOne((g, x) => reshapeLike(g, x)),
};

const squeezeOperator: Operator = {
  name: 'Squeeze',
  since: 13,
  attributes: { axes: { kind: 'ints', inputSince: 13 } },
  infer: (call) => {
    const x = required(call, 0);
    const gone = new Set(integers(call, 'axes').map((axis) => resolveAxis(axis, x.rank)));
    for (const axis of gone)
      if (x.shape[axis] !== 1) throw new Error(`axis ${axis} has length ${x.shape[axis]}, not 1`);
    return [{ type: x.type, shape: x.shape.filter((_, axis) => !gone.has(axis)) }];
  },
  gradient: ({ node, outputGradient }) => [unsqueeze(outputGradient(), integersOf(node, 'axes'))],
};

const unsqueezeOperator: Operator = {
  name: 'Unsqueeze',
  since: 13,
  attributes: { axes: { kind: 'ints', inputSince: 13 } },
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
  gradient: ({ node, outputGradient }) => [squeeze(outputGradient(), integersOf(node, 'axes'))],
};

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
  gradient: ofOne((g, x) => reduceTo(g, x)),
};

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
  gradient: ({ node, outputGradient }) => {
    const axis = Number(node.attributes.axis);
    const parts = node.inputs.filter((part) => part !== undefined);
    const sizes = parts.map((part) => part.shape.at(axis));
    if (sizes.every((size) => typeof size === 'number')) return split(outputGradient(), sizes, { axis });
    let rest = outputGradient();
    return parts.map((part) => {
      const end = dimensionOf(part, axis);
      const gradient = slice(rest, { axis, end });
      rest = slice(rest, { axis, start: end });
      return gradient;
    });
  },
};

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
  gradient: ({ node, outputGradients }) => {
    const parts = node.outputs.map((output, index) => outputGradients[index] ?? zerosLike(output));
    return [concat(parts, { axis: Number(node.attributes.axis) })];
  },
};

const sliceOperator: Operator = {
  name: 'Slice',
  since: 13,
  infer: (call) => {
    const x = required(call, 0);
    const axes = requiredKnown(call, 3).map((axis) => resolveAxis(Number(axis), x.rank));
    const lengths = dimensions(call, 'lengths');
    return [{ type: x.type, shape: x.shape.map((dimension, axis) => lengths[axes.indexOf(axis)] ?? dimension) }];
  },
  // The gradient stays where the slice was taken, between zeros that are cut from a zero tensor at the same bounds.
  gradient: ({ node, outputGradient, input }) => {
    const x = input(0);
    const bounds = sliceRanges(node.inputs);
    return [
      bounds.reduceRight((gradient, range, index) => {
        const frame = bounds.slice(0, index).reduce((value, outer) => slice(value, outer), zerosLike(x));
        const before = range.start === 0 ? [] : [slice(frame, { axis: range.axis, end: range.start ?? 0 })];
        const after = range.end === toTheEnd ? [] : [slice(frame, { axis: range.axis, start: range.end ?? 0 })];
        return before.length + after.length === 0
          ? gradient
          : concat([...before, gradient, ...after], { axis: range.axis });
      }, outputGradient()),
    ];
  },
};

function sliceRanges([, starts, ends, axes]: readonly (Value | undefined)[]): SliceRange[] {
  return constantIntegers(axes).map((axis, index) => ({ axis, start: bound(starts, index), end: bound(ends, index) }));
}

/** One element of a vector of bounds: its number where it is constant, else a value that holds it. */
function bound(bounds: Value | undefined, index: number): number | Value {
  if (bounds === undefined) return 0;
  if (bounds.source.kind === 'constant') return constantIntegers(bounds)[index] ?? 0;
  return bounds.shape[0] === 1 ? bounds : bound(producer(bounds)?.inputs[index], 0); // a Concat of single bounds
}

function constantIntegers(value: Value | undefined): number[] {
  if (value?.source.kind !== 'constant') return [];
  const { data } = value.source;
  return Array.from({ length: data.length }, (_, index) => Number(data[index]));
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

const triluOperator: Operator = {
  name: 'Trilu',
  since: 14,
  attributes: { upper: 'int' },
  infer: (call) => {
    const x = required(call, 0);
    if (x.rank < 2) throw new Error('the input must be a matrix or a batch of matrices');
    return [{ type: x.type, shape: x.shape }];
  },
  gradient: ({ node, outputGradient }) => {
    const { source } = node.inputs[1] ?? constant(0);
    const k = source.kind === 'constant' ? Number(source.data[0]) : 0;
    return [trilu(outputGradient(), { upper: node.attributes.upper === 1, k })];
  },
};

/** Shape: the lengths of the axes `start` (inclusive) to `end` (exclusive), as an int64 vector. ONNX Shape-15. */
const shapeOperator: Operator = {
  name: 'Shape',
  since: 15,
  attributes: { start: 'int', end: 'int' },
  infer: ({ inputs: [x], attributes: { start, end } }) => [
    { type: 'int64', shape: [x?.shape.slice(Number(start), Number(end)).length ?? 0] },
  ],
};

export const shapeOperators: readonly Operator[] = [
  transposeOperator,
  reshapeOperator,
  squeezeOperator,
  unsqueezeOperator,
  expandOperator,
  concatOperator,
  splitOperator,
  sliceOperator,
  rangeOperator,
  triluOperator,
  shapeOperator,
];
