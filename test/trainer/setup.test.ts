import { describe, expect, it } from 'vitest';
import { modelNames } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';
import { checkSetup, presetFor } from '../../src/trainer/setup.ts';

describe('the settings of a stage', () => {
  it.each(modelNames)('%s: can be followed, and decay matrices only', (name) => {
    const setup = presetFor(name);
    expect(() => checkSetup(setup)).not.toThrow();
    expect(setup.optimizer.decayed).toBe('matrices');
  });

  it('are nanoGPT’s for its small character model', () => {
    expect(presetFor('gpt-nano')).toMatchObject({
      steps: 2000,
      batch: 12,
      schedule: { learningRate: 1e-3, minimumLearningRate: 1e-4, warmUp: 100, decaySteps: 2000 },
      optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, clip: 1 },
    });
    expect(presetFor('gpt')).toMatchObject({ steps: 5000, batch: 64, schedule: { decaySteps: 5000 } });
  });

  it('are the lecture’s for the bigram: 3000 steps at a constant 1e-2', () => {
    const { steps, batch, schedule } = presetFor('bigram');
    expect([steps, batch, schedule.learningRate, schedule.minimumLearningRate]).toEqual([3000, 32, 1e-2, 1e-2]);
  });
});

describe('a schedule', () => {
  const preset = presetFor('gpt-nano');

  it('that ends above its highest rate is wrong usage', () => {
    const schedule = { ...preset.schedule, learningRate: 1e-4, minimumLearningRate: 2e-4 };
    expect(() => checkSetup({ ...preset, schedule })).toThrow(
      new UserError('The minimum learning rate 0.0002 lies above the learning rate 0.0001; lower it.', { exitCode: 2 }),
    );
  });

  it('may end where it began', () => {
    const schedule = { ...preset.schedule, learningRate: 1e-4, minimumLearningRate: 1e-4 };
    expect(() => checkSetup({ ...preset, schedule })).not.toThrow();
  });
});
