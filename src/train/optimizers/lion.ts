import { add, greater, less, mul, sub, type Value, where } from '../../graph/index.ts';
import { decimalNumber } from '../../settings/setting.ts';
import { defineOptimizer } from './optimizer.ts';

const share = { argument: 'share', min: 0, below: 1 };

/**
 * Lion (Chen et al. 2023, "Symbolic Discovery of Optimization Algorithms", algorithm 2):
 * `p ← p − lr·(sign(β1·m + (1 − β1)·g) + wd·p)`, then `m ← β2·m + (1 − β2)·g`. Every element moves by the learning rate, so that has to
 * be smaller than AdamW's, 3 to 10 times as the paper has it, and weight decay larger by as much.
 */
export const lion = defineOptimizer({
  name: 'lion',
  title: 'Lion',
  description: 'a step of the same length for each element (Chen et al. 2023)',
  settings: {
    beta1: decimalNumber({ ...share, default: 0.9, description: 'share of the mean gradient in the direction' }),
    beta2: decimalNumber({ ...share, default: 0.99, description: 'decay of the mean gradient' }),
    weightDecay: decimalNumber({ default: 0.3, min: 0, description: 'weight decay' }),
  },
  slots: { exp_avg: 0 },
  joinable: true,
  learningRateScale: 0.3,
  update({ learningRate }, { beta1, beta2, weightDecay }) {
    const shrink = sub(1, mul(learningRate, weightDecay));
    return ({ parameter, gradient, slots: { exp_avg }, decays }) => {
      const direction = sign(add(mul(exp_avg, beta1), mul(gradient, 1 - beta1)));
      return {
        parameter: sub(decays ? mul(parameter, shrink) : parameter, mul(direction, learningRate)),
        slots: { exp_avg: add(mul(exp_avg, beta2), mul(gradient, 1 - beta2)) },
      };
    };
  },
});

/** 1, 0 or −1. */
function sign(x: Value): Value {
  return where(greater(x, 0), 1, where(less(x, 0), -1, 0));
}
