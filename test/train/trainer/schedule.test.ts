import { describe, expect, it } from 'vitest';
import { learningRateAt, type Schedule } from '../../../src/train/trainer/schedule.ts';

/** nanoGPT's settings for its small character model. */
const schedule: Schedule = { learningRate: 1e-3, minimumLearningRate: 1e-4, warmUp: 100, decaySteps: 2000 };

describe('the learning rate', () => {
  // nanoGPT's get_lr, worked out by hand: lr·(it + 1)/(warm-up + 1), then min + ½(1 + cos π·r)(lr − min) with r from 0 to 1.
  it.each([
    [0, 1e-3 / 101],
    [49, 1e-3 * (50 / 101)],
    [99, 1e-3 * (100 / 101)],
    [100, 1e-3],
    [575, 1e-4 + 9e-4 * (0.5 + Math.SQRT1_2 / 2)], // r = 1/4: cos 45°
    [1050, 5.5e-4], // r = 1/2
    [1525, 1e-4 + 9e-4 * (0.5 - Math.SQRT1_2 / 2)], // r = 3/4
    [2000, 1e-4],
    [5000, 1e-4],
  ])('at step %i is %f', (step, rate) => {
    expect(learningRateAt(step, schedule)).toBeCloseTo(rate, 12);
  });

  it('rises in the warm-up and falls after it', () => {
    const rates = Array.from({ length: 2001 }, (_, step) => learningRateAt(step, schedule));
    expect(rates.slice(0, 101)).toEqual(rates.slice(0, 101).toSorted((left, right) => left - right));
    expect(rates.slice(100)).toEqual(rates.slice(100).toSorted((left, right) => right - left));
  });

  it('is constant without warm-up and decay', () => {
    const level: Schedule = { learningRate: 1e-2, minimumLearningRate: 1e-2, warmUp: 0, decaySteps: 10 };
    expect(new Set([0, 1, 9, 10, 99].map((step) => learningRateAt(step, level)))).toEqual(new Set([1e-2]));
  });

  it.each([[{ warmUp: 10, decaySteps: 10 }], [{ warmUp: 10, decaySteps: 5 }], [{ warmUp: 0, decaySteps: 0 }]])(
    'is always a number between 0 and the highest, with %j',
    (steps) => {
      for (let step = 0; step < 20; step += 1) {
        const rate = learningRateAt(step, { ...schedule, ...steps });
        expect(rate).toBeGreaterThan(0);
        expect(rate).toBeLessThanOrEqual(1e-3);
      }
    },
  );
});
