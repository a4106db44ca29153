import { add, mul, sub } from '../../graph/index.ts';
import { decimalNumber, toggle } from '../../settings/setting.ts';
import { defineOptimizer } from './optimizer.ts';

/**
 * Stochastic gradient descent, as torch.optim.SGD makes it: `g ← g + wd·p`, `b ← momentum·b + g`, then `p ← p − lr·b`, or with
 * Nesterov's momentum `p ← p − lr·(g + momentum·b)`. Without momentum nothing is kept from step to step.
 */
export const sgd = defineOptimizer({
  name: 'sgd',
  title: 'SGD',
  description: 'straight down the gradient, with momentum',
  settings: {
    momentum: decimalNumber({
      default: 0.9,
      min: 0,
      below: 1,
      argument: 'share',
      description: 'share of the last step that goes on',
    }),
    nesterov: toggle({
      default: false,
      description: 'look ahead along the momentum (Nesterov)',
      off: 'plain momentum',
    }),
    weightDecay: decimalNumber({ default: 0, min: 0, description: 'weight decay' }),
  },
  slots: ({ momentum }) => (momentum === 0 ? {} : { momentum_buffer: 0 }),
  joinable: true,
  learningRateScale: 100,
  update({ learningRate }, { momentum, nesterov, weightDecay }) {
    return ({ parameter, gradient, slots, decays }) => {
      const slope = decays ? add(gradient, mul(parameter, weightDecay)) : gradient;
      if (momentum === 0) return { parameter: sub(parameter, mul(slope, learningRate)), slots: {} };
      const buffer = add(mul(slots.momentum_buffer, momentum), slope);
      const direction = nesterov ? add(slope, mul(buffer, momentum)) : buffer;
      return { parameter: sub(parameter, mul(direction, learningRate)), slots: { momentum_buffer: buffer } };
    };
  },
});
