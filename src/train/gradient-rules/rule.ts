import {
  constant,
  type Dimension,
  dimensionsOf,
  expand,
  GraphError,
  type Node,
  producer,
  reduceSum,
  reshape,
  reshapeLike,
  type Shape,
  sameShape,
  transpose,
  type Value,
} from '../../graph/index.ts';

/** What a rule is given: the call, and the loss's gradient by each output (undefined where the loss does not depend on it). */
export interface RuleCall {
  readonly node: Node;
  readonly gradients: readonly (Value | undefined)[];
  /** Whether anybody needs the gradient by this input. */
  wanted(index: number): boolean;
}

/** The gradient by each input; undefined where there is none or nobody needs it. */
export type Rule = (call: RuleCall) => readonly (Value | undefined)[];

/** The gradient by the first output, for operators that have one. */
export function arriving({ node, gradients }: RuleCall): Value {
  const [gradient] = gradients;
  if (gradient === undefined) throw new GraphError(`${node.operator.name}: no gradient arrives at its first output`);
  return gradient;
}

/** An input of the call, which must be there. */
export function operand({ node }: RuleCall, index: number): Value {
  const value = node.inputs[index];
  if (value === undefined) throw new GraphError(`${node.operator.name}: input ${index} is missing`);
  return value;
}

/** An output of the call. */
export function result({ node }: RuleCall, index = 0): Value {
  const value = node.outputs[index];
  if (value === undefined) throw new GraphError(`${node.operator.name}: output ${index} is missing`);
  return value;
}

/** Sums a gradient over the axes along which a value was broadcast, until it has the value's shape. */
export function reduceTo(gradient: Value, value: Value): Value {
  if (sameShape(gradient.shape, value.shape)) return gradient;
  const added = gradient.rank - value.rank;
  const axes = gradient.shape.flatMap((dimension: Dimension, axis: number) =>
    axis < added || (value.shape[axis - added] === 1 && dimension !== 1) ? [axis] : [],
  );
  const sum = axes.length === 0 ? gradient : reduceSum(gradient, { axes, keepDims: true });
  return sameShape(sum.shape, value.shape) ? sum : reshapeLike(sum, value);
}

/** Repeats a gradient to a value's shape. */
export function spread(gradient: Value, value: Value): Value {
  return sameShape(gradient.shape, value.shape) ? gradient : expand(gradient, dimensionsOf(value));
}

/** A tensor of zeros, shaped like a value. */
export function zerosLike(value: Value): Value {
  return expand(constant(0, value.type), dimensionsOf(value));
}

/** A matrix (or a batch of them) transposed; a transposition of a transposition is what was there before. */
export function transposed(matrix: Value): Value {
  const node = producer(matrix);
  const swap = [...matrix.shape.keys()];
  swap.splice(-2, 2, matrix.rank - 1, matrix.rank - 2);
  if (node?.operator.name === 'Transpose' && String(node.attributes.perm) === String(swap)) {
    return node.inputs[0] ?? matrix;
  }
  return transpose(matrix, swap);
}

/** All rows under each other: (…, C) → (rows, C). */
export function rows(x: Value): Value {
  const columns = x.shape.at(-1) ?? 1;
  return x.rank === 2 ? x : reshape(x, [-1, columns]);
}

/** A shape with the reduced axes back in place, of length 1. */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
}
