import { add, div, mul, sqrt, sub, tanh, type Value } from '../../graph/index.ts';
import { decimalNumber } from '../../settings/setting.ts';
import { defineOptimizer } from './optimizer.ts';

const decay = { argument: 'share', min: 0, below: 1 };

/**
 * AdamW (Loshchilov & Hutter 2019), as torch.optim.AdamW makes it: `p ← p·(1 − lr·wd)`, then
 * `p ← p − lr/(1 − β1ᵗ) · m / (√v / √(1 − β2ᵗ) + ε)`, m and v being running means of the gradient and of its square.
 * Scalars are gathered so that each tensor is passed over as seldom as possible.
 */
export const adamw = defineOptimizer({
  name: 'adamw',
  title: 'AdamW',
  description: 'each element at a pace of its own (Loshchilov & Hutter 2019)',
  settings: {
    beta1: decimalNumber({ ...decay, default: 0.9, description: 'decay of the first moments' }),
    beta2: decimalNumber({ ...decay, default: 0.999, description: 'decay of the second moments' }),
    epsilon: decimalNumber({ default: 1e-8, above: 0, description: 'what keeps the division by a root from 0' }),
    weightDecay: decimalNumber({ default: 0.01, min: 0, description: 'weight decay' }),
  },
  slots: { exp_avg: 0, exp_avg_sq: 0 },
  joinable: true,
  rawGradients: true,
  update({ learningRate, step, clipScale, whenFinite }, { beta1, beta2, epsilon, weightDecay }) {
    const correction1 = oneMinusPower(beta1, step); // 1 − β1ᵗ
    const correction2 = sqrt(oneMinusPower(beta2, step)); // √(1 − β2ᵗ)
    const [rest1, rest2] = [1 - beta1, 1 - beta2];
    const share1 = whenFinite(clipScale === undefined ? rest1 : mul(clipScale, rest1), 0); // of the gradient in m
    const share2 = whenFinite(clipScale === undefined ? rest2 : mul(mul(clipScale, clipScale), rest2), 0); // of its square in v
    const stepSize = whenFinite(div(mul(learningRate, correction2), correction1), 0);
    const [kept1, kept2] = [whenFinite(beta1, 1), whenFinite(beta2, 1)];
    const smallest = mul(correction2, epsilon);
    const shrink = whenFinite(sub(1, mul(learningRate, weightDecay)), 1);

    return ({ parameter, gradient, slots: { exp_avg, exp_avg_sq }, decays }) => {
      const m = add(mul(exp_avg, kept1), mul(gradient, share1));
      const v = add(mul(exp_avg_sq, kept2), mul(mul(gradient, gradient), share2));
      const change = mul(div(m, add(sqrt(v), smallest)), stepSize);
      return {
        parameter: sub(decays ? mul(parameter, shrink) : parameter, change),
        slots: { exp_avg: m, exp_avg_sq: v },
      };
    };
  },
});

/** AdamW with all its settings. */
export type AdamWSetup = ReturnType<typeof adamw.with>;

/**
 * 1 − baseᵗ without the loss of digits that a float32 power near 1 would bring: with τ = tanh(t·ln(base) / 2),
 * 1 − eˣ = −2τ / (1 − τ), and tanh is exact to the last digits near 0.
 */
function oneMinusPower(base: number, t: Value): Value {
  const half = tanh(mul(t, Math.log(base) / 2));
  return div(mul(half, -2), sub(1, half));
}
