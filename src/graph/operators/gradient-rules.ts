import { reduceSum } from '../calls/reduction.ts';
import { expand, reshape, reshapeLike, transpose } from '../calls/shape.ts';
import { type Dimension, type Shape, sameShape } from '../dimensions.ts';
import { dimensionsOf } from '../known.ts';
import { constant } from '../leaves.ts';
import type { GradientRule, Node, Value } from '../value.ts';

/** The rule of y = f(x), from the gradient g, x and y. */
export function ofOne(rule: (g: Value, x: Value, y: Value) => Value | undefined): GradientRule {
  return ({ outputGradient, input, output }) => [rule(outputGradient(), input(0), output())];
}

/** The gradient by one of the two, before it is summed back to its shape. */
export type Side = (g: Value, x: Value, y: Value, z: Value) => Value;

/** The rule of z = f(x, y) with broadcasting: each side's gradient is summed back to its shape. */
export function ofTwo(left: Side, right: Side): GradientRule {
  return ({ outputGradient, input, output, wanted }) => {
    const [g, x, y, z] = [outputGradient(), input(0), input(1), output()];
    return [
      wanted(0) ? reduceTo(left(g, x, y, z), x) : undefined,
      wanted(1) ? reduceTo(right(g, x, y, z), y) : undefined,
    ];
  };
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

/** A matrix, or a batch of them, transposed. */
export function transposed(matrix: Value): Value {
  const axes = [...matrix.shape.keys()];
  return transpose(matrix, [...axes.slice(0, -2), matrix.rank - 1, matrix.rank - 2]);
}

/** All rows under each other: (…, C) → (rows, C). */
export function rows(x: Value): Value {
  return x.rank === 2 ? x : reshape(x, [-1, x.shape.at(-1) ?? 1]);
}

/** A shape with the reduced axes back in place, of length 1. */
export function keptShape(shape: Shape, axes: readonly number[]): Shape {
  return shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension));
}

/** An attribute that is a list of integers; none where it is left out. */
export function integersOf({ attributes }: Node, name: string): readonly number[] {
  const value = attributes[name];
  return Array.isArray(value) ? value.map(Number) : [];
}
