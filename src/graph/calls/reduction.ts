import { emitOne } from '../emit.ts';
import type { Value } from '../value.ts';

/** Axes are an attribute here; the writer makes them an input where the opset says so (ReduceSum from 13, the others from 18). */
export interface ReductionOptions {
  /** The axes to reduce; all unless told. */
  readonly axes?: readonly number[];
  /** Keep the reduced axes with length 1. False unless told. */
  readonly keepDims?: boolean;
}

function reduce(operator: string, x: Value, { axes, keepDims = false }: ReductionOptions): Value {
  const all = axes ?? x.shape.map((_, axis) => axis);
  const positive = all.map((axis) => (axis < 0 ? axis + x.rank : axis));
  return emitOne(operator, [x], { axes: positive, keepdims: keepDims ? 1 : 0 });
}

/** The sum over axes. ONNX ReduceSum-13. */
export const reduceSum = (x: Value, options: ReductionOptions = {}): Value => reduce('ReduceSum', x, options);
/** The mean over axes. ONNX ReduceMean-13/18. */
export const reduceMean = (x: Value, options: ReductionOptions = {}): Value => reduce('ReduceMean', x, options);
/** The largest over axes. ONNX ReduceMax-13/18. */
export const reduceMax = (x: Value, options: ReductionOptions = {}): Value => reduce('ReduceMax', x, options);
/** The sum of squares over axes. ONNX ReduceSumSquare-13/18. */
export const reduceSumSquare = (x: Value, options: ReductionOptions = {}): Value =>
  reduce('ReduceSumSquare', x, options);

/** The position of the largest element along an axis, the first where several are, as int64. ONNX ArgMax-13. */
export function argMax(x: Value, { axis, keepDims = false }: { axis: number; keepDims?: boolean }): Value {
  return emitOne('ArgMax', [x], { axis, keepdims: keepDims ? 1 : 0 });
}

/** The running sum along an axis (an int32 scalar value); `exclusive` leaves the element itself out. ONNX CumSum-14. */
export function cumSum(x: Value, axis: Value, { exclusive = false }: { exclusive?: boolean } = {}): Value {
  return emitOne('CumSum', [x, axis], exclusive ? { exclusive: 1 } : {});
}
