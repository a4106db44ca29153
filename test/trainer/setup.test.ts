import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { presetFor } from '../../src/trainer/presets.ts';
import { checkSetup, type TrainingSetup } from '../../src/trainer/setup.ts';

describe('a setup that can’t be followed is wrong usage', () => {
  const preset = presetFor('gpt-nano');

  it.each<[what: string, setup: Partial<TrainingSetup>, message: string]>([
    [
      'a schedule that ends above its highest rate',
      { schedule: { ...preset.schedule, learningRate: 1e-4, minimumLearningRate: 2e-4 } },
      'The minimum learning rate 0.0002 lies above the learning rate 0.0001; lower it.',
    ],
    [
      'parts that are not alike',
      { batch: 12, parts: 5 },
      "A batch of 12 blocks can't be worked through in 5 equal parts: change --batch or --parts.",
    ],
    [
      'patience without evaluations',
      { patience: 2, evaluateEvery: 0 },
      'A run that never evaluates has no validation loss to be patient about: set --eval-every, or --patience 0.',
    ],
  ])('%s', (_what, setup, message) => {
    expect(() => checkSetup({ ...preset, ...setup })).toThrow(new UserError(message, { exitCode: 2 }));
  });

  it('but a schedule may end where it began, and a batch may be cut into single blocks', () => {
    const schedule = { ...preset.schedule, learningRate: 1e-4, minimumLearningRate: 1e-4 };
    expect(() => checkSetup({ ...preset, schedule, batch: 12, parts: 12, patience: 3 })).not.toThrow();
  });
});
