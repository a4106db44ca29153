import { add, cast, matMul, mul, neg, reduceMean, reshape, sub, type Value } from '../../graph/index.ts';
import { operand, type Rule, type RuleCall, reduceTo, result, spread } from './rule.ts';

/**
 * With n = (x − mean) · d, d = 1/√(variance + ε) and h = g · scale, the gradient by x is d · (h − mean(h) − n · mean(h · n)).
 * Mean and d are outputs of the operator; where they have gradients of their own (in second derivatives) these are added.
 */
const layerNormalizationRule: Rule = (call) => {
  const [x, scale] = [operand(call, 0), operand(call, 1)];
  const [mean, deviation] = [cast(result(call, 1), x.type), cast(result(call, 2), x.type)];
  const [g] = call.gradients;
  const normalized = mul(sub(x, mean), deviation);
  const byNormalized = g && mul(g, normalized);
  return [
    call.wanted(0) ? byInput(call, { n: normalized, gn: byNormalized, scale, d: deviation }) : undefined,
    byNormalized !== undefined && call.wanted(1) ? reduceTo(byNormalized, scale) : undefined,
    g !== undefined && call.wanted(2) ? reduceTo(g, operand(call, 2)) : undefined,
  ];
};

interface Normalization {
  readonly n: Value;
  /** g · n, where a gradient arrives at the first output. */
  readonly gn: Value | undefined;
  readonly scale: Value;
  readonly d: Value;
}

function byInput(
  { gradients: [g, byMean, byDeviation], node }: RuleCall,
  { n, gn, scale, d }: Normalization,
): Value | undefined {
  const width = Number(node.inputs[0]?.shape.at(-1));
  const parts: Value[] = [];
  if (g !== undefined && gn !== undefined) {
    const centred = sub(mul(g, scale), meanOfScaled(g, scale, width));
    parts.push(mul(sub(centred, mul(n, meanOfScaled(gn, scale, width))), d));
  }
  if (byMean !== undefined) parts.push(spread(mul(cast(byMean, n.type), 1 / width), n));
  if (byDeviation !== undefined) {
    parts.push(mul(neg(mul(n, mul(cast(byDeviation, n.type), mul(d, d)))), 1 / width));
  }
  return parts.length === 0 ? undefined : parts.reduce(add);
}

/** The mean of x · scale over the last axis, as a product with the scale, which passes over x alone: (…, C) → (…, 1). */
function meanOfScaled(x: Value, scale: Value, width: number): Value {
  if (Number.isNaN(width) || x.rank < 2) return reduceMean(mul(x, scale), { axes: [-1], keepDims: true });
  return mul(matMul(x, reshape(scale, [width, 1])), 1 / width);
}

export const normalizationRules: Readonly<Record<string, Rule>> = { LayerNormalization: layerNormalizationRule };
