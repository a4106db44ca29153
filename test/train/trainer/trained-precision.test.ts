import { beforeAll, describe, expect, test } from 'vitest';
import { gptNano } from '../../../models/index.ts';
import { exportFiles } from '../../../src/export/export-program.ts';
import type { PrecisionOptions } from '../../../src/export/precision/precision.ts';
import { evaluateProgram } from '../../../src/programs/index.ts';
import type { Weights } from '../../../src/programs/parameters.ts';
import { hash } from '../../../src/random/counter.ts';
import { open } from '../../../src/runtime/node/open.ts';
import { BatchSampler } from '../../../src/text/batches.ts';
import { splitTokens } from '../../../src/text/split.ts';
import { CharacterTokenizer } from '../../../src/text/tokenizers/characters.ts';
import { evaluateFile } from '../../../src/train/trainer/evaluation.ts';
import { presetFor } from '../../../src/train/trainer/presets.ts';
import { initialState, weightsOf } from '../../../src/train/trainer/training-state.ts';
import { eventsOf, lastCheckpoint, trainerOf } from './small-run.ts';

/** Words in an order that nobody can learn: the loss that is left is in what word comes next. */
const words = 'the whale sea and ship of captain a wind sails old white deep runs night in water men look over'.split(
  ' ',
);
const text = Array.from({ length: 4000 }, (_, index) => words[(hash(3, index) >>> 0) % words.length]).join(' ');

const tokenizer = CharacterTokenizer.fromText(text);
const tokens = splitTokens(tokenizer.encode(text));
const model = gptNano.configure({
  vocabulary: tokenizer.size,
  block: 32,
  layers: 2,
  heads: 2,
  embedding: 64,
});

/** Trains for a few seconds. */
async function trained(steps: number): Promise<Weights> {
  const never = { evaluateEvery: 0, sampleEvery: 0, checkpointEvery: 0 };
  const setup = { ...presetFor(gptNano), ...never, batch: 16, steps, evaluateBatches: 1 };
  const sampler = new BatchSampler(tokens.training, { batch: setup.batch, block: model.block, seed: setup.seed });
  const record = {
    step: 0,
    seconds: 0,
    model,
    setup,
    tokenizer,
    data: { path: undefined, characters: text.length, sha256: '' },
    dataPosition: sampler.getState(),
  };
  const checkpoint = { record, state: initialState(model, setup) };
  const { state } = lastCheckpoint(await eventsOf(trainerOf(checkpoint, tokens)));
  return weightsOf(model, state);
}

describe('a gpt that was trained for a moment', () => {
  let weights: Weights = new Map();
  let fp32 = 0;
  const lossOf = (precision: PrecisionOptions): Promise<number> => {
    const { model: bytes } = exportFiles(evaluateProgram(model), { weights, precision });
    return evaluateFile(bytes, model.block, tokens.validation, (file) =>
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
