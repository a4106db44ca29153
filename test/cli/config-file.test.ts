import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bigram, gptNano, ladder, layerNormalized, modelNamed, modelNames } from '../../models/index.ts';
import { encodeConfigFile, type FileSettings, readConfigFile } from '../../src/cli/config-file.ts';
import { presetWith, settingsOf } from '../../src/cli/run-settings.ts';
import { settingRows } from '../../src/cli/settings.ts';
import { UserError } from '../../src/errors.ts';
import { mul, sub } from '../../src/graph/index.ts';
import type { ConfiguredModel, GivenSettings, Model } from '../../src/model/index.ts';
import { decimalNumber, wholeNumber } from '../../src/settings/setting.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { lion } from '../../src/train/optimizers/lion.ts';
import { defineOptimizer } from '../../src/train/optimizers/optimizer.ts';
import { namedPreset, type Preset, presetFor } from '../../src/train/trainer/presets.ts';
import type { TrainerRecord } from '../../src/train/trainer/record.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trilu-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string, models: readonly Model[] = ladder): Promise<FileSettings> {
  const path = join(folder, 'settings.json');
  await writeFile(path, text);
  const file = await readConfigFile(path);
  return { ...(file.model === undefined ? {} : { model: file.model }), ...file.settings(models) };
}

async function refusal(text: string): Promise<string> {
  const error: unknown = await read(text).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw new Error(`not refused: ${text}`);
  expect(error.exitCode).toBe(2);
  return error.message.replaceAll(folder, 'DIR');
}

function configured({ model, settings }: Pick<Preset, 'model' | 'settings'>): ConfiguredModel {
  return model.configure({ ...settings, vocabulary: 65 } as GivenSettings);
}

function recordOf(preset: Preset): TrainerRecord {
  const data = { path: '/texts/book.txt', characters: 1000, sha256: '0' };
  const { setup } = preset;
  const tokenizer = CharacterTokenizer.fromVocabulary(['a']);
  return { step: 0, seconds: 0, model: configured(preset), setup, tokenizer, data, dataPosition: [] };
}

describe('a configuration file', () => {
  it('says what the command line says, with underscores', async () => {
    expect(
      await read('{"model": "gpt", "data": "a.txt", "learning_rate": 3e-4, "bias": false, "rng": "torch"}'),
    ).toEqual({
      model: 'gpt',
      data: 'a.txt',
      learningRate: 3e-4,
      bias: false,
      rng: 'torch',
    });
  });

  it.each(modelNames)('of a run of %s gives that run again, setting for setting', async (name) => {
    const model = modelNamed(name);
    const record = recordOf({ model, settings: {}, setup: presetFor(model) });
    const { data, model: stored, ...rest } = await read(encodeConfigFile(settingsOf(record)));
    expect([stored, data]).toEqual([name, '/texts/book.txt']);
    const again = presetWith(model, rest);
    expect(again.setup).toEqual(record.setup);
    expect(configured(again).settings).toEqual(record.model.settings);
  });

  it('of a preset’s run gives that run again', async () => {
    const record = recordOf(namedPreset('lecture', 'gpt'));
    const { data: _data, model, ...rest } = await read(encodeConfigFile(settingsOf(record)));
    expect(model).toBe('layer-norm');
    const again = presetWith(layerNormalized, rest);
    expect(again.setup).toEqual(record.setup);
    expect(configured(again).settings).toEqual(record.model.settings);
  });

  it.each([
    ['{"learning-rate": 1}', 'DIR/settings.json: unknown setting "learning-rate". Did you mean "learning_rate"?'],
    ['{"layers": "4"}', 'DIR/settings.json sets layers to "4". It must be a whole number from 1.'],
    ['{"layers": 0}', 'DIR/settings.json sets layers to 0. It must be a whole number from 1.'],
    ['{"dropout": 1}', 'DIR/settings.json sets dropout to 1. It must be a number from 0 and below 1.'],
    ['{"bias": 1}', 'DIR/settings.json sets bias to 1. It must be true or false.'],
    ['{"rng": "mt"}', 'DIR/settings.json sets rng to "mt". It must be one of trilu, torch.'],
    ['[1]', 'DIR/settings.json must hold one JSON object of settings.'],
    ['{"layers": 4', 'DIR/settings.json is no JSON ('],
  ])('%s is refused in a sentence', async (text, message) => {
    expect(await refusal(text)).toContain(message);
  });
});

describe('settings and optimizers', () => {
  it('another optimizer has its own defaults, the preset’s clipping, and a learning rate that suits it', () => {
    const { setup } = presetWith(gptNano, { optimizer: 'lion', beta1: 0.95 });
    expect(setup.optimizer).toEqual(lion.with({ beta1: 0.95, clip: 1, decayed: 'matrices' }));
    expect([setup.schedule.learningRate, setup.schedule.minimumLearningRate]).toEqual([3e-4, 3e-4 * 0.1]);
    const given = presetWith(gptNano, { optimizer: 'sgd', learningRate: 0.5 }).setup.schedule;
    expect([given.learningRate, given.minimumLearningRate]).toEqual([0.5, 0.05]);
    expect(presetWith(gptNano, { optimizer: 'adamw' }).setup).toEqual(presetWith(gptNano, {}).setup);
    expect(presetWith(bigram, { optimizer: 'sgd', preset: 'lecture' }).setup.optimizer.clip).toBe(0);
  });

  it.each([{ optimizer: 'sgd', momentum: 0.5, nesterov: true }, { optimizer: 'lion' }])(
    'a configuration file of a run with %o gives that run again',
    async (settings) => {
      const preset = presetWith(gptNano, settings);
      const record = recordOf(preset);
      const text = encodeConfigFile(settingsOf(record));
      expect(JSON.parse(text)).toMatchObject({ optimizer: settings.optimizer });
      const { data: _data, model: _model, ...rest } = await read(text);
      expect(presetWith(gptNano, rest).setup).toEqual(record.setup);
    },
  );

  it.each([
    [
      { momentum: 0.5 },
      'The optimizer adamw has nothing that --momentum could set: leave it out, or choose --optimizer sgd.',
    ],
    [
      { optimizer: 'sgd', beta1: 0.5 },
      'The optimizer sgd has nothing that --beta1 could set: leave it out, or choose --optimizer adamw or lion.',
    ],
    [{ optimizer: 'lion', epsilon: 1 }, 'The optimizer lion has nothing that --epsilon could set'],
    [{ optimizer: 'adam' }, 'There is no optimizer "adam". Did you mean "adamw"?'],
  ])('is refused in a sentence: %o', (settings, message) => {
    expect(() => presetWith(gptNano, settings)).toThrow(message);
  });

  it('one of one’s own has its settings among the options, and is chosen by its name', () => {
    const own = defineOptimizer({
      name: 'my-own',
      description: 'a step down',
      settings: {
        reach: decimalNumber({ default: 2, above: 0, description: 'how far it goes' }),
        beta1: decimalNumber({ default: 0.5, min: 0, below: 1, description: 'decay of the first moments' }),
      },
      slots: {},
      joinable: true,
      update:
        ({ learningRate }, { reach }) =>
        ({ parameter, gradient }) => ({
          parameter: sub(parameter, mul(gradient, mul(learningRate, reach))),
          slots: {},
        }),
    });
    const rows = settingRows();
    expect(rows.optimizer?.values).toMatchObject({ kind: 'choice', choices: expect.arrayContaining(['my-own']) });
    expect(rows.reach).toMatchObject({ group: 'Optimizer', description: 'my-own: how far it goes' });
    expect(rows.beta1?.optimizers).toEqual(['adamw', 'lion', 'my-own']);
    expect(rows.beta1?.description).toContain('adamw, my-own: decay of the first moments');
    expect(presetWith(gptNano, { optimizer: 'my-own', reach: 3 }).setup.optimizer).toEqual(own.with({ reach: 3 }));

    const steps = wholeNumber({ default: 1, description: 'its own' });
    const twice = { ...lion, name: 'twice', settings: { steps } };
    expect(() => settingRows(ladder, [lion, twice])).toThrow(
      'The optimizer twice has a setting steps, which training has already',
    );
  });
});

describe('settings and stages', () => {
  it('a rate given alone keeps the preset’s proportion between the highest and the lowest', () => {
    const { schedule } = presetWith(modelNamed('gpt-nano'), { learningRate: 2e-3 }).setup;
    expect([schedule.learningRate, schedule.minimumLearningRate]).toEqual([2e-3, 2e-4]);
  });

  it('what is set goes before the preset', () => {
    const { model, settings, setup } = presetWith(modelNamed('multi-head'), {
      preset: 'lecture',
      heads: 2,
      steps: 7,
      beta2: 0.95,
    });
    expect([model.name, settings.heads, settings.initialization]).toEqual(['multi-head', 2, 'torch']);
    expect([setup.steps, setup.optimizer.beta2, setup.optimizer.decayed]).toEqual([7, 0.95, 'all']);
  });

  it.each([
    [
      'bigram',
      { layers: 2 },
      'The model bigram has nothing that --layers could set: leave it out, or choose one of residual,',
    ],
    ['head', { heads: 2 }, 'The model head has nothing that --heads could set'],
    ['layer-norm', { tied: false }, 'The model layer-norm has nothing that --tied could set'],
    [
      'gpt',
      { average: 'matmul' },
      'The model gpt has nothing that --average could set: leave it out, or choose one of average.',
    ],
  ] as const)('%s is not given what it has not got: %o', (stage, settings, message) => {
    expect(() => presetWith(modelNamed(stage), settings)).toThrow(message);
  });
});
