import { describe, expect, it } from 'vitest';
import { bigram, gpt, gptNano, ladder, layerNormalized } from '../../../models/index.ts';
import { UserError } from '../../../src/errors.ts';
import { parameterCount } from '../../../src/programs/parameters.ts';
import { namedPreset, presetFor, presetNames } from '../../../src/train/trainer/presets.ts';
import { checkSetup } from '../../../src/train/trainer/setup.ts';

const lectureStages = ['bigram', 'average', 'head', 'multi-head', 'feed-forward', 'residual', 'layer-norm', 'gpt'];

describe('the settings of a stage where no preset is named', () => {
  it.each(ladder)('$name: can be followed, and decay matrices only', (model) => {
    const setup = presetFor(model);
    expect(() => checkSetup(setup)).not.toThrow();
    expect(setup.optimizer.decayed).toBe('matrices');
  });

  it('are nanoGPT’s for its small character model', () => {
    expect(presetFor(gptNano)).toMatchObject({
      steps: 2000,
      batch: 12,
      schedule: { learningRate: 1e-3, minimumLearningRate: 1e-4, warmUp: 100, decaySteps: 2000 },
      optimizer: { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, clip: 1 },
    });
    expect(presetFor(gpt)).toMatchObject({ steps: 5000, batch: 64, schedule: { decaySteps: 5000 } });
  });

  it('are the lecture’s rates for the bigram: 3000 steps at a constant 1e-2', () => {
    const { steps, batch, schedule } = presetFor(bigram);
    expect([steps, batch, schedule.learningRate, schedule.minimumLearningRate]).toEqual([3000, 32, 1e-2, 1e-2]);
  });
});

describe('the preset lecture', () => {
  /** The parameters that the lecture and its replays print. */
  const published: Readonly<Record<string, number>> = {
    bigram: 4225,
    head: 7553,
    'multi-head': 7553,
    'feed-forward': 8609,
    residual: 41_921,
    'layer-norm': 42_369,
    gpt: 10_788_929,
  };

  it.each(Object.entries(published))('%s has the %i parameters that are published', (stage, parameters) => {
    const { model, settings } = namedPreset('lecture', stage);
    expect(parameterCount(model.configure({ ...settings, vocabulary: 65 }))).toBe(parameters);
  });

  it.each(lectureStages)('%s: PyTorch’s defaults of AdamW and of its modules, a constant rate', (stage) => {
    const { model, settings, setup } = namedPreset('lecture', stage);
    expect(setup.optimizer).toEqual({
      name: 'adamw',
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.01,
      decayed: 'all',
      clip: 0,
    });
    const attends = stage !== 'bigram' && stage !== 'average';
    expect(Object.hasOwn(model.settings, 'attentionScale')).toBe(attends);
    expect(settings).toMatchObject({
      initialization: 'torch',
      ...(attends ? { attentionScale: 'embedding' } : {}),
    });
    expect(setup.schedule.minimumLearningRate).toBe(setup.schedule.learningRate);
    expect(setup.evaluateBatches).toBe(200);
    expect(() => checkSetup(setup)).not.toThrow();
  });

  it('is layer-norm’s where no stage is named, and has none for gpt-nano', () => {
    expect(namedPreset('lecture').model).toBe(layerNormalized);
    expect(() => namedPreset('lecture', 'gpt-nano')).toThrow(
      new UserError(`The preset lecture has no settings for gpt-nano; it has them for ${lectureStages.join(', ')}.`, {
        exitCode: 2,
      }),
    );
  });
});

describe('nanoGPT’s presets', () => {
  it.each([
    ['nanogpt-cpu', 'gpt-nano', 804_096, 2000, 12],
    ['nanogpt', 'gpt', 10_745_088, 5000, 64],
  ] as const)('%s trains %s with %i parameters for %i steps of %i blocks', (name, model, parameters, steps, batch) => {
    const preset = namedPreset(name);
    const configured = preset.model.configure({ ...preset.settings, vocabulary: 65 });
    const { initialization, dropout } = configured.settings;
    expect([preset.model.name, parameterCount(configured)]).toEqual([model, parameters]);
    expect([preset.setup.steps, preset.setup.batch, initialization]).toEqual([steps, batch, 'gpt2']);
    expect(preset.setup.schedule).toMatchObject({ learningRate: 1e-3, minimumLearningRate: 1e-4, warmUp: 100 });
    expect(dropout).toBe(model === 'gpt' ? 0.2 : 0);
  });

  it('know one stage each', () => {
    expect(presetNames).toEqual(['lecture', 'nanogpt-cpu', 'nanogpt']);
    expect(() => namedPreset('nanogpt', 'bigram')).toThrow('The preset nanogpt has no settings for bigram');
  });
});
