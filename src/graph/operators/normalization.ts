import { add, cast, mul, neg, sub } from '../calls/elementwise.ts';
import { reduceMean, reduceSum } from '../calls/reduction.ts';
import { formatShape, withoutLast } from '../dimensions.ts';
import type { GradientCall, Operator, OutputType, Value } from '../value.ts';
import { reduceTo, spread } from './gradient-rules.ts';
import { integer, mustAgree, mustBe, required, resolveAxis } from './shape-rules.ts';

const softmax: Operator = {
  name: 'Softmax',
  since: 13,
  attributes: { axis: 'int' },
  infer: (call) => {
    const x = required(call, 0);
    mustBe(x, 'float32', 'float64', 'float16');
    resolveAxis(integer(call, 'axis'), x.rank);
    return [{ type: x.type, shape: x.shape }];
  },
  // y · (g − Σ g·y), the sum taken along the axis
  gradient: ({ node, outputGradient, output }) => {
    const [g, y] = [outputGradient(), output()];
    const axis = Number(node.attributes.axis);
    return [mul(y, sub(g, reduceSum(mul(g, y), { axes: [axis], keepDims: true })))];
  },
};

const layerNormalization: Operator = {
  name: 'LayerNormalization',
  since: 17,
  attributes: { axis: 'int', epsilon: 'float' },
  requiredOutputs: 1,
  infer: (call) => {
    const [x, scale] = [required(call, 0), required(call, 1)];
    mustBe(x, 'float32', 'float64', 'float16');
    for (const affine of [scale, call.inputs[2]]) {
      if (affine !== undefined && (affine.rank !== 1 || affine.shape[0] !== x.shape.at(-1))) {
        throw new Error(`scale and bias must have the shape (${x.shape.at(-1)}), not ${formatShape(affine.shape)}`);
      }
    }
    for (const affine of [scale, call.inputs[2]]) if (affine !== undefined) mustAgree(x, affine);
    const statistics: OutputType = { type: 'float32', shape: [...withoutLast(x.shape), 1] }; // whatever x is
    return [{ type: x.type, shape: x.shape }, statistics, statistics];
  },
  gradient: (call) => {
    const {
      outputGradients: [g],
      input,
      output,
      wanted,
    } = call;
    const x = input(0);
    const [mean, deviation] = [cast(output(1), x.type), cast(output(2), x.type)];
    const normalized = mul(sub(x, mean), deviation);
    return [
      wanted(0) ? byInput(call, normalized, deviation) : undefined,
      g !== undefined && wanted(1) ? reduceTo(mul(g, normalized), input(1)) : undefined,
      g !== undefined && wanted(2) ? reduceTo(g, input(2)) : undefined,
    ];
  },
};

const overLast = { axes: [-1], keepDims: true } as const;

/**
 * With n = (x − mean) · d, d = 1/√(variance + ε) and h = g · scale, the gradient by x is d · (h − mean(h) − n · mean(h · n)).
 * Mean and d are outputs of the operator; where they have gradients of their own (in second derivatives) these are added.
 */
function byInput(
  { outputGradients: [g, byMean, byDeviation], input }: GradientCall,
  n: Value,
  d: Value,
): Value | undefined {
  const width = Number(n.shape.at(-1));
  const parts: Value[] = [];
  if (g !== undefined) {
    const h = mul(g, input(1));
    const centred = sub(h, reduceMean(h, overLast));
    parts.push(mul(sub(centred, mul(n, reduceMean(mul(h, n), overLast))), d));
  }
  if (byMean !== undefined) parts.push(spread(mul(cast(byMean, n.type), 1 / width), n));
  if (byDeviation !== undefined) {
    parts.push(mul(neg(mul(n, mul(cast(byDeviation, n.type), mul(d, d)))), 1 / width));
  }
  return parts.length === 0 ? undefined : parts.reduce(add);
}

export const normalizationOperators: readonly Operator[] = [softmax, layerNormalization];
