import {
  cast,
  constant,
  cumSum,
  dimensionsOf,
  div,
  equal,
  expand,
  mul,
  type Operand,
  reduceSum,
  reshape,
  sub,
  type Value,
} from '../../graph/index.ts';
import { arriving, keptShape, operand, type Rule, type RuleCall, result, spread } from './rule.ts';

function axesOf({ node }: RuleCall): readonly number[] {
  const { axes } = node.attributes;
  return Array.isArray(axes) ? axes.map(Number) : [];
}

/** A reduced value or gradient with its axes back in place, of length 1, so that it broadcasts against the input. */
function kept(value: Value, call: RuleCall): Value {
  return reshape(value, keptShape(operand(call, 0).shape, axesOf(call)));
}

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

const maxRule: Rule = (call) => {
  const x = operand(call, 0);
  const hits = cast(equal(x, kept(result(call), call)), x.type);
  const share = div(kept(arriving(call), call), reduceSum(hits, { axes: axesOf(call), keepDims: true }));
  return [mul(hits, share)]; // equal maxima share the gradient, as in PyTorch's amax
};

/** y = softmax(x): the gradient is y · (g − Σ g·y), the sum taken along the axis. */
const softmaxRule: Rule = (call) => {
  const [g, y] = [arriving(call), result(call)];
  const axis = Number(call.node.attributes.axis);
  return [mul(y, sub(g, reduceSum(mul(g, y), { axes: [axis], keepDims: true })))];
};

/** The sum running the other way: total − running sum + own element (or without it, where the sum excluded it). */
const cumSumRule: Rule = (call) => {
  const g = arriving(call);
  const axis = operand(call, 1);
  if (axis.source.kind !== 'constant') throw new Error('only a sum along a constant axis has one');
  const total = reduceSum(g, { axes: [Number(axis.source.data[0])], keepDims: true });
  return [sub(total, cumSum(g, axis, { exclusive: call.node.attributes.exclusive !== 1 }))];
};

export const reductionRules: Readonly<Record<string, Rule>> = {
  ReduceSum: (call) => [spread(kept(arriving(call), call), operand(call, 0))],
  ReduceMean: (call) => {
    const x = operand(call, 0);
    return [spread(div(kept(arriving(call), call), count(x, axesOf(call))), x)];
  },
  ReduceSumSquare: (call) => [mul(mul(kept(arriving(call), call), 2), operand(call, 0))],
  ReduceMax: maxRule,
  Softmax: softmaxRule,
  CumSum: cumSumRule,
};
