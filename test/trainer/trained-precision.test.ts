import { beforeAll, describe, expect, test } from 'vitest';
import { defineModel, modelConfig } from '../../models/index.ts';
import { exportFiles } from '../../src/export/export-program.ts';
import type { PrecisionOptions } from '../../src/export/precision/precision.ts';
import type { Weights } from '../../src/export/write-onnx.ts';
import { evaluateProgram } from '../../src/programs/index.ts';
import { hash } from '../../src/random/counter.ts';
import { open } from '../../src/runtime/node/open.ts';
import { BatchSampler } from '../../src/text/batches.ts';
import { splitTokens } from '../../src/text/split.ts';
import { CharacterTokenizer } from '../../src/text/tokenizer.ts';
import { evaluateFile } from '../../src/trainer/evaluation.ts';
import { presetFor } from '../../src/trainer/presets.ts';
import { initialState, weightsOf } from '../../src/trainer/state.ts';
import { eventsOf, lastCheckpoint, trainerOf } from './small-run.ts';

/** Words in an order that nobody can learn: the loss that is left is in what word comes next. */
const words = 'the whale sea and ship of captain a wind sails old white deep runs night in water men look over'.split(
  ' ',
);
const text = Array.from({ length: 4000 }, (_, index) => words[(hash(3, index) >>> 0) % words.length]).join(' ');

const tokenizer = CharacterTokenizer.fromText(text);
const tokens = splitTokens(tokenizer.encode(text));
const config = modelConfig('gpt-nano', {
  vocabularySize: tokenizer.size,
  blockSize: 32,
  layers: 2,
  heads: 2,
  embedding: 64,
});

/** Trains for a few seconds. */
async function trained(steps: number): Promise<Weights> {
  const never = { evaluateEvery: 0, sampleEvery: 0, checkpointEvery: 0 };
  const setup = { ...presetFor('gpt-nano'), ...never, batch: 16, steps, evaluateBatches: 1 };
  const sampler = new BatchSampler(tokens.training, { batch: setup.batch, block: config.blockSize, seed: setup.seed });
  const record = {
    step: 0,
    seconds: 0,
    config,
    setup,
    vocabulary: tokenizer.vocabulary,
    data: { path: undefined, characters: text.length, sha256: '' },
    dataPosition: sampler.getState(),
  };
  const checkpoint = { record, state: initialState(defineModel(config), setup.seed) };
  const { state } = lastCheckpoint(await eventsOf(trainerOf(checkpoint, tokens)));
  return weightsOf(defineModel(config), state);
}

describe('a gpt that was trained for a moment', () => {
  let weights: Weights = new Map();
  let fp32 = 0;
  const lossOf = (precision: PrecisionOptions): Promise<number> => {
    const { model } = exportFiles(evaluateProgram(defineModel(config)), { weights, precision });
    return evaluateFile(model, config.blockSize, tokens.validation, (file) =>
      open(file, { device: 'cpu', worker: false, threads: 1 }),
    );
  };
  beforeAll(async () => {
    weights = await trained(250);
    fp32 = await lossOf({ dtype: 'fp32' });
  });

  test('has learned how words are spelled', () => {
    expect(fp32).toBeLessThan(Math.log(tokenizer.size) / 2); // the words alone are worth about a fifth of it
  });

  test.each<[precision: PrecisionOptions, percent: number]>([
    [{ dtype: 'fp16' }, 0.1],
    [{ dtype: 'int8' }, 0.5],
    [{ dtype: 'int8', form: 'matmulnbits' }, 0.5],
    [{ dtype: 'int8', form: 'matmulinteger' }, 0.5],
    [{ dtype: 'int4' }, 2],
    [{ dtype: 'int4', form: 'matmulnbits' }, 2],
  ])('loses no more in %o than %d percent', async (precision, percent) => {
    const loss = await lossOf(precision);
    expect(loss).not.toBe(fp32); // something was rounded
    expect(Math.abs(loss / fp32 - 1) * 100).toBeLessThan(percent);
  });
});
