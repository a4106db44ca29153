import { add, cast, mul, neg, reduceMean, sub, type Value } from '../../graph/index.ts';
import { operand, type Rule, type RuleCall, reduceTo, result, spread } from './rule.ts';

const overLast = { axes: [-1], keepDims: true } as const;

/**
 * With n = (x − mean) · d, d = 1/√(variance + ε) and h = g · scale, the gradient by x is d · (h − mean(h) − n · mean(h · n)).
 * Mean and d are outputs of the operator; where they have gradients of their own (in second derivatives) these are added.
 */
const layerNormalizationRule: Rule = (call) => {
  const [x, scale] = [operand(call, 0), operand(call, 1)];
  const [mean, deviation] = [cast(result(call, 1), x.type), cast(result(call, 2), x.type)];
  const [g] = call.gradients;
  const normalized = mul(sub(x, mean), deviation);
  return [
    call.wanted(0) ? byInput(call, normalized, scale, deviation) : undefined,
    g !== undefined && call.wanted(1) ? reduceTo(mul(g, normalized), scale) : undefined,
    g !== undefined && call.wanted(2) ? reduceTo(g, operand(call, 2)) : undefined,
  ];
};

function byInput(
  { gradients: [g, byMean, byDeviation], node }: RuleCall,
  n: Value,
  scale: Value,
  d: Value,
): Value | undefined {
  const width = Number(node.inputs[0]?.shape.at(-1));
  const parts: Value[] = [];
  if (g !== undefined) {
    const h = mul(g, scale);
    const centred = sub(h, reduceMean(h, overLast));
    parts.push(mul(sub(centred, mul(n, reduceMean(mul(h, n), overLast))), d));
  }
  if (byMean !== undefined) parts.push(spread(mul(cast(byMean, n.type), 1 / width), n));
  if (byDeviation !== undefined) {
    parts.push(mul(neg(mul(n, mul(cast(byDeviation, n.type), mul(d, d)))), 1 / width));
  }
  return parts.length === 0 ? undefined : parts.reduce(add);
}

export const normalizationRules: Readonly<Record<string, Rule>> = { LayerNormalization: layerNormalizationRule };
