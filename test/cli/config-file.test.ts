import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { modelConfig, modelNames } from '../../models/index.ts';
import { encodeConfigFile, readConfigFile } from '../../src/cli/config-file.ts';
import { presetWith, settingsOf } from '../../src/cli/run-settings.ts';
import { UserError } from '../../src/errors.ts';
import { namedPreset, presetFor } from '../../src/trainer/presets.ts';
import type { TrainerRecord } from '../../src/trainer/record.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trilu-config-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(text: string) {
  const path = join(folder, 'settings.json');
  await writeFile(path, text);
  return readConfigFile(path);
}

async function refusal(text: string): Promise<string> {
  const error: unknown = await read(text).catch((thrown: unknown) => thrown);
  if (!(error instanceof UserError)) throw new Error(`not refused: ${text}`);
  expect(error.exitCode).toBe(2);
  return error.message.replaceAll(folder, 'DIR');
}

function recordOf(model: string, preset = { config: {}, setup: presetFor(model) }): TrainerRecord {
  const config = modelConfig(model, { ...preset.config, vocabularySize: 65 });
  const data = { path: '/texts/book.txt', characters: 1000, sha256: '0' };
  return { step: 0, seconds: 0, config, setup: preset.setup, vocabulary: [], data, dataPosition: [] };
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

  it.each(modelNames)('of a run of %s gives that run again, setting for setting', async (model) => {
    const record = recordOf(model);
    const settings = await read(encodeConfigFile(settingsOf(record)));
    const { data, model: stage, ...rest } = settings;
    expect([stage, data]).toEqual([model, '/texts/book.txt']);
    const again = presetWith(stage, rest);
    expect(again.setup).toEqual(record.setup);
    expect(modelConfig(again.model, { ...again.config, vocabularySize: 65 })).toEqual(record.config);
  });

  it('of a preset’s run gives that run again', async () => {
    const preset = namedPreset('lecture', 'gpt');
    const record = recordOf(preset.model, preset);
    const { data: _data, model, ...rest } = await read(encodeConfigFile(settingsOf(record)));
    const again = presetWith(model, rest);
    expect(again.setup).toEqual(record.setup);
    expect(modelConfig(again.model, { ...again.config, vocabularySize: 65 })).toEqual(record.config);
  });

  it.each([
    [
      '{"learning-rate": 1}',
      'DIR/settings.json has a setting that there is not, learning-rate; there are model, data,',
    ],
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

describe('settings and stages', () => {
  it('a rate given alone keeps the preset’s proportion between the highest and the lowest', () => {
    const { schedule } = presetWith('gpt-nano', { learningRate: 2e-3 }).setup;
    expect([schedule.learningRate, schedule.minimumLearningRate]).toEqual([2e-3, 2e-4]);
  });

  it('what is set goes before the preset', () => {
    const { model, config, setup } = presetWith('multi-head', { preset: 'lecture', heads: 2, steps: 7, beta2: 0.95 });
    expect([model, config.heads, config.initialization]).toEqual(['multi-head', 2, 'torch']);
    expect([setup.steps, setup.optimizer.beta2, setup.optimizer.decayed]).toEqual([7, 0.95, 'all']);
  });

  it.each([
    [
      'bigram',
      { layers: 2 },
      'The stage bigram has nothing that --layers could set: leave it out, or choose one of residual,',
    ],
    ['head', { heads: 2 }, 'The stage head has nothing that --heads could set'],
    ['layer-norm', { tied: false }, 'The stage layer-norm has nothing that --tied could set'],
    [
      'gpt',
      { average: 'matmul' },
      'The stage gpt has nothing that --average could set: leave it out, or choose one of average.',
    ],
  ] as const)('%s is not given what it has not got: %o', (stage, settings, message) => {
    expect(() => presetWith(stage, settings)).toThrow(message);
  });
});
