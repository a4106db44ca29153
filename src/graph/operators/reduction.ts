import { cast, div, equal, mul, sub } from '../calls/elementwise.ts';
import { cumSum, reduceSum } from '../calls/reduction.ts';
import { expand, reshape } from '../calls/shape.ts';
import type { Shape } from '../dimensions.ts';
import { dimensionsOf } from '../known.ts';
import { constant, type Operand } from '../leaves.ts';
import type { GradientCall, GradientRule, Operator, Value } from '../value.ts';
import { integersOf, keptShape, spread } from './gradient-rules.ts';
import { integer, integers, mustBe, required, resolveAxis } from './shape-rules.ts';

function reducedShape(x: Value, axes: readonly number[], keepDims: boolean): Shape {
  const gone = new Set(axes.map((axis) => resolveAxis(axis, x.rank)));
  if (axes.length === 0 && x.rank > 0) throw new Error('axes name none of its axes');
  if (gone.size !== axes.length) throw new Error(`axes ${axes.join(', ')} name one axis twice`);
  return x.shape.flatMap((dimension, axis) => (gone.has(axis) ? (keepDims ? [1] : []) : [dimension]));
}

/** @param inputSince the opset from which on its axes are an input. */
const reduction = (name: string, inputSince: number, gradient: GradientRule): Operator => ({
  name,
  since: 13,
  attributes: { axes: { kind: 'ints', inputSince }, keepdims: 'int' },
  infer: (call) => {
    const x = required(call, 0);
    mustBe(x, 'float32', 'float64', 'float16', 'int32', 'int64');
    return [{ type: x.type, shape: reducedShape(x, integers(call, 'axes'), integer(call, 'keepdims') === 1) }];
  },
  gradient,
});

/** A reduced value or gradient with its axes back in place, of length 1, so that it broadcasts against the input. */
function kept(value: Value, { node, input }: GradientCall): Value {
  return reshape(value, keptShape(input(0).shape, integersOf(node, 'axes')));
}

const sumRule: GradientRule = (call) => [spread(kept(call.outputGradient(), call), call.input(0))];

const meanRule: GradientRule = (call) => {
  const x = call.input(0);
  return [spread(div(kept(call.outputGradient(), call), count(x, integersOf(call.node, 'axes'))), x)];
};

/** How many elements went into one mean. */
function count(x: Value, axes: readonly number[]): Operand {
  const lengths = axes.map((axis) => x.shape[axis] ?? 1);
  if (lengths.every((length) => typeof length === 'number'))
    return lengths.reduce((product, length) => product * length, 1);
  // One Shape for neighbouring axes: lengths joined by a Concat, an int64 vector, would be no work for a GPU.
  return neighbours(axes)
    .map(({ start, end }) => reduceSum(expand(constant(1, x.type), dimensionsOf(x, start, end))))
    .reduce((product, length) => mul(product, length));
}

/** Rising axes as ranges, each from `start` up to `end`. */
function neighbours(axes: readonly number[]): readonly { readonly start: number; readonly end: number }[] {
  const ranges: { start: number; end: number }[] = [];
  for (const axis of axes) {
    const last = ranges.at(-1);
    if (last?.end === axis) last.end = axis + 1;
    else ranges.push({ start: axis, end: axis + 1 });
  }
  return ranges;
}

/** Equal maxima share the gradient, as in PyTorch's amax. */
const maxRule: GradientRule = (call) => {
  const x = call.input(0);
  const hits = cast(equal(x, kept(call.output(), call)), x.type);
  const howMany = reduceSum(hits, { axes: integersOf(call.node, 'axes'), keepDims: true });
  return [mul(hits, div(kept(call.outputGradient(), call), howMany))];
};

const argMax: Operator = {
  name: 'ArgMax',
  since: 13,
  attributes: { axis: 'int', keepdims: 'int' },
  infer: (call) => {
    const x = required(call, 0);
    return [{ type: 'int64', shape: reducedShape(x, [integer(call, 'axis')], integer(call, 'keepdims') === 1) }];
  },
};

const cumSumOperator: Operator = {
  name: 'CumSum',
  since: 14,
  attributes: { exclusive: 'int', reverse: 'int' },
  infer: (call) => {
    mustBe(required(call, 1), 'int32', 'int64');
    return [{ type: required(call, 0).type, shape: required(call, 0).shape }];
  },
  // The sum running the other way: total − running sum + own element (or without it, where the sum excluded it).
  gradient: ({ node, outputGradient, input }) => {
    const [g, axis] = [outputGradient(), input(1)];
    if (axis.source.kind !== 'constant') throw new Error('only a sum along a constant axis has one');
    const total = reduceSum(g, { axes: [Number(axis.source.data[0])], keepDims: true });
    return [sub(total, cumSum(g, axis, { exclusive: node.attributes.exclusive !== 1 }))];
  },
};

export const reductionOperators: readonly Operator[] = [
  reduction('ReduceSum', 13, sumRule),
  reduction('ReduceMean', 18, meanRule),
  reduction('ReduceMax', 18, maxRule),
  reduction('ReduceSumSquare', 18, (call) => [mul(mul(kept(call.outputGradient(), call), 2), call.input(0))]),
  argMax,
  cumSumOperator,
];
