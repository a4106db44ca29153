import type { Shape } from '../dimensions.ts';
import { emitOne } from '../emit.ts';
import type { Operator, OperatorCall, OutputType, Value } from '../value.ts';
import { integer, integers, mustBe, required, resolveAxis } from './rules.ts';

/** Axes are an attribute here; the writer makes them an input where the opset says so (ReduceSum from 13, the others from 18). */
export interface ReductionOptions {
  /** The axes to reduce; all unless told. */
  readonly axes?: readonly number[];
  /** Keep the reduced axes with length 1. False unless told. */
  readonly keepDims?: boolean;
}

function reducedShape(x: Value, axes: readonly number[], keepDims: boolean): Shape {
  const gone = new Set(axes.map((axis) => resolveAxis(axis, x.rank)));
  if (axes.length === 0 && x.rank > 0) throw new Error('axes name none of its axes');
  if (gone.size !== axes.length) throw new Error(`axes ${axes.join(', ')} name one axis twice`);
  return x.shape.flatMap((dimension, axis) => (gone.has(axis) ? (keepDims ? [1] : []) : [dimension]));
}

function reduction(name: string): Operator {
  const infer = (call: OperatorCall): readonly OutputType[] => {
    const x = required(call, 0);
    mustBe(x, 'float32', 'float64', 'float16', 'int32', 'int64');
    return [{ type: x.type, shape: reducedShape(x, integers(call, 'axes'), integer(call, 'keepdims') === 1) }];
  };
  return { name, since: 13, attributes: { axes: 'ints', keepdims: 'int' }, infer };
}

const operators = {
  reduceSum: reduction('ReduceSum'),
  reduceMean: reduction('ReduceMean'),
  reduceMax: reduction('ReduceMax'),
  reduceSumSquare: reduction('ReduceSumSquare'),
} satisfies Record<string, Operator>;

function reduce(operator: Operator, x: Value, { axes, keepDims = false }: ReductionOptions): Value {
  const all = axes ?? x.shape.map((_, axis) => axis);
  const positive = all.map((axis) => (axis < 0 ? axis + x.rank : axis));
  return emitOne(operator, [x], { axes: positive, keepdims: keepDims ? 1 : 0 });
}

/** The sum over axes. ONNX ReduceSum-13. */
export const reduceSum = (x: Value, options: ReductionOptions = {}): Value => reduce(operators.reduceSum, x, options);
/** The mean over axes. ONNX ReduceMean-13/18. */
export const reduceMean = (x: Value, options: ReductionOptions = {}): Value => reduce(operators.reduceMean, x, options);
/** The largest over axes. ONNX ReduceMax-13/18. */
export const reduceMax = (x: Value, options: ReductionOptions = {}): Value => reduce(operators.reduceMax, x, options);
/** The sum of squares over axes. ONNX ReduceSumSquare-13/18. */
export const reduceSumSquare = (x: Value, options: ReductionOptions = {}): Value =>
  reduce(operators.reduceSumSquare, x, options);

const argMaxOperator: Operator = {
  name: 'ArgMax',
  since: 13,
  attributes: { axis: 'int', keepdims: 'int' },
  infer: (call) => {
    const x = required(call, 0);
    return [{ type: 'int64', shape: reducedShape(x, [integer(call, 'axis')], integer(call, 'keepdims') === 1) }];
  },
};

/** The position of the largest element along an axis, the first where several are, as int64. ONNX ArgMax-13. */
export function argMax(x: Value, { axis, keepDims = false }: { axis: number; keepDims?: boolean }): Value {
  return emitOne(argMaxOperator, [x], { axis, keepdims: keepDims ? 1 : 0 });
}

const cumSumOperator: Operator = {
  name: 'CumSum',
  since: 14,
  attributes: { exclusive: 'int', reverse: 'int' },
  infer: (call) => {
    mustBe(required(call, 1), 'int32', 'int64');
    return [{ type: required(call, 0).type, shape: required(call, 0).shape }];
  },
};

/** The running sum along an axis (an int32 scalar value); `exclusive` leaves the element itself out. ONNX CumSum-14. */
export function cumSum(x: Value, axis: Value, { exclusive = false }: { exclusive?: boolean } = {}): Value {
  return emitOne(cumSumOperator, [x, axis], exclusive ? { exclusive: 1 } : {});
}
