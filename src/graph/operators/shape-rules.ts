import { broadcastShapes, type Dimension, formatShape, type Shape } from '../dimensions.ts';
import type { ElementType } from '../types.ts';
import type { OperatorCall, OutputType, Value } from '../value.ts';

/** The input at a position, which must be there. */
export function required({ inputs }: OperatorCall, index: number): Value {
  const value = inputs[index];
  if (value === undefined) throw new Error(`input ${index} is missing`);
  return value;
}

/** An integer attribute, which must be there. */
export function integer({ attributes }: OperatorCall, name: string): number {
  const value = attributes[name];
  if (typeof value !== 'number' || !Number.isInteger(value))
    throw new Error(`${name} must be an integer, not ${value}`);
  return value;
}

/** A list of integers, which must be there. */
export function integers({ attributes }: OperatorCall, name: string): readonly number[] {
  const value = attributes[name];
  if (!isList(value) || !value.every(Number.isInteger)) throw new Error(`${name} must be integers, not ${value}`);
  return value;
}

/** A hint of dimensions (numbers or symbols), which must be there. */
export function dimensions({ attributes }: OperatorCall, name: string): Shape {
  const value = attributes[name];
  if (!Array.isArray(value)) throw new Error(`${name} must be dimensions, not ${value}`);
  return value;
}

function isList(value: unknown): value is readonly number[] {
  return Array.isArray(value);
}

/** Counts a negative axis from the end and refuses one that is not there. */
export function resolveAxis(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new Error(`axis ${axis} is not one of the ${rank} axes`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** The shape that values broadcast to. */
export function broadcast(...values: readonly Value[]): Shape {
  return values.reduce<Shape>((shape, value) => {
    const joined = broadcastShapes(shape, value.shape);
    if (joined === undefined) {
      throw new Error(`shapes ${values.map(({ shape }) => formatShape(shape)).join(' and ')} do not broadcast`);
    }
    return joined;
  }, []);
}

/** Refuses a value of another type. */
export function mustBe(value: Value, ...types: readonly ElementType[]): void {
  if (!types.includes(value.type)) throw new Error(`expected ${types.join(' or ')}, got ${value.type}`);
}

/** Refuses two values of different types: ONNX promotes nothing. */
export function mustAgree(left: Value, right: Value): void {
  if (left.type !== right.type) throw new Error(`types ${left.type} and ${right.type} differ; cast one of them`);
}

/** A copy of a shape with one axis replaced. */
export function withAxis(shape: Shape, axis: number, dimension: Dimension): Shape {
  return shape.map((old, position) => (position === axis ? dimension : old));
}

/** One input, an output like it. */
export function sameAsFirst(...types: readonly ElementType[]): (call: OperatorCall) => readonly OutputType[] {
  return (call) => {
    const x = required(call, 0);
    if (types.length > 0) mustBe(x, ...types);
    return [{ type: x.type, shape: x.shape }];
  };
}

/** Two inputs of one type that broadcast. */
export function broadcasting(
  accepted: readonly ElementType[],
  result?: ElementType,
): (call: OperatorCall) => readonly OutputType[] {
  return (call) => {
    const left = required(call, 0);
    const right = required(call, 1);
    mustBe(left, ...accepted);
    mustAgree(left, right);
    return [{ type: result ?? left.type, shape: broadcast(left, right) }];
  };
}
