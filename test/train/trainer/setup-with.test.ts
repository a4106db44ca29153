import { expect, it } from 'vitest';
import { gptNano } from '../../../models/index.ts';
import { presetFor } from '../../../src/train/trainer/presets.ts';
import { setupWith } from '../../../src/train/trainer/setup-with.ts';

const preset = presetFor(gptNano);

it('without changes a setup stays as it is', () => {
  expect(setupWith(preset, {})).toEqual(preset);
});

it('the learning rate falls to the same share of itself by the last step, after a warm-up of a tenth of the steps at most', () => {
  const { schedule, steps } = setupWith(preset, { steps: 300, learningRate: 2e-3 });
  expect({ steps, ...schedule }).toEqual({
    ...{ steps: 300, decaySteps: 300, learningRate: 2e-3, warmUp: 30 },
    minimumLearningRate: expect.closeTo(2e-4, 12),
  });
});

it('what is said of the schedule goes before that', () => {
  expect(setupWith(preset, { steps: 300, schedule: { decaySteps: 1000, warmUp: 7 } }).schedule).toMatchObject({
    ...{ decaySteps: 1000, warmUp: 7 },
  });
});

it('an option that is undefined is none', () => {
  const options: object = { seed: undefined, batch: 3 };
  expect(setupWith(preset, options)).toMatchObject({ seed: preset.seed, batch: 3 });
});
