import { describe, expect, it } from 'vitest';
import { gptNano } from '../../../models/index.ts';
import { UserError } from '../../../src/errors.ts';
import { presetFor } from '../../../src/train/trainer/presets.ts';
import { checkSetup, partsForCpu, type TrainingSetup } from '../../../src/train/trainer/setup.ts';

describe('a setup that can’t be followed is wrong usage', () => {
  const preset = presetFor(gptNano);

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

describe('the parts of a batch on a CPU', () => {
  it.each([
    [12, 64, 1],
    [32, 8, 1],
    [64, 256, 16],
    [64, 64, 4],
    [7, 1000, 7],
    [6, 512, 3],
    [10, 256, 5],
    [4, 5000, 4],
    [1, 100_000, 1],
  ])(
    '%i blocks of %i: %i equal parts, each as large as a CPU works through at once, or a block',
    (batch, block, parts) => {
      expect(partsForCpu(batch, block)).toBe(parts);
      expect(batch % parts).toBe(0);
    },
  );
});
