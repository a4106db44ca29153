import { describe, expect, it, vi } from 'vitest';
import { bigram, gptNano } from '../../../models/index.ts';
import { exportModel } from '../../../src/export/export-model.ts';
import { gather } from '../../../src/graph/index.ts';
import { readOnnxModel } from '../../../src/import/read-onnx-model.ts';
import { defineModel, embedding } from '../../../src/model/index.ts';
import { generateText } from '../../../src/runtime/generation/generate-text.ts';
import { open } from '../../../src/runtime/node/open.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { CharacterTokenizer } from '../../../src/text/tokenizers/characters.ts';
import { presetFor } from '../../../src/train/trainer/presets.ts';
import { type TrainTextOptions, train } from '../../../src/train/trainer/train-text.ts';
import { weightsOf } from '../../../src/train/trainer/training-state.ts';
import { eventsOf, lastCheckpoint, trainerOf } from './small-run.ts';

const text = 'to be, or not to be: that is the question. '.repeat(20);
const here = (file: Uint8Array): Promise<Session> => open(file, { device: 'cpu', worker: false, threads: 1 });
const small = { settings: { block: 16, embedding: 16, layers: 1, heads: 2 }, batch: 4, stepsPerRun: 10 };

describe('a model learns a text', () => {
  it('in a few lines: trained, exported, opened, writing', async () => {
    const trained = await train(gptNano, { text, open: here, steps: 120, learningRate: 1e-2, ...small });
    const session = await here(exportModel(trained, 'decode'));
    let written = '';
    for await (const piece of generateText({ decode: session, prompt: 'to be', count: 40, blockSize: 16 }))
      written += piece;
    await session.dispose();
    expect([...written]).toHaveLength(40);
    const [first, ...others] = trained.metrics;
    expect(first?.step).toBe(10);
    expect(others.at(-1)?.loss).toBeLessThan((first?.loss ?? 0) - 0.5);
    expect(trained.validationLoss).toBe(trained.metrics.at(-1)?.validation_loss);
    expect(trained.validationLoss).toBeLessThan(2.5);
  });

  it('by its definition’s hints, with the characters of the text', async () => {
    const trained = await train(bigram, { text, open: here, steps: 20, batch: 2 });
    const { setup, data, step } = trained.checkpoint.record;
    expect(trained.tokenizer.characters).toEqual(CharacterTokenizer.fromText(text).characters);
    expect(setup).toMatchObject({
      ...presetFor(bigram),
      steps: 20,
      batch: 2,
      schedule: { decaySteps: 20, learningRate: 1e-2 },
    });
    expect(step).toBe(20);
    expect(data).toMatchObject({ path: undefined, characters: text.length });
    expect(data.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('a model of one’s own, and one whose settings are chosen', async () => {
    const own = defineModel({
      name: 'mine',
      settings: {},
      logits: (tokens, { vocabulary }) => gather(embedding('table', vocabulary, vocabulary), tokens),
    });
    const tokenizer = CharacterTokenizer.fromText(text);
    const chosen = own.configure({ vocabulary: tokenizer.size, block: 8 });
    const trained = await train(chosen, { tokens: tokenizer.encode(text), tokenizer, open: here, steps: 10 });
    expect(trained.model.block).toBe(8);
    const read = readOnnxModel(exportModel(trained, 'forward'), 'the file', [own]);
    expect(read.weights.get('table')).toEqual(trained.weights.get('table'));
    expect(read.tokenizer?.characters).toEqual(tokenizer.characters);
  });

  it('and goes on to the last bit from what it gives back', async () => {
    const options = { text, open: here, ...small, schedule: { decaySteps: 100, warmUp: 5 } };
    const whole = await train(gptNano, { ...options, steps: 40 });
    const half = await train(gptNano, { ...options, steps: 20 });
    const { record, state } = half.checkpoint;
    const tokens = half.tokenizer.encode(text);
    const cut = Math.floor(0.9 * tokens.length);
    const split = { training: tokens.subarray(0, cut), validation: tokens.subarray(cut) };
    const further = { record: { ...record, setup: { ...record.setup, steps: 40 } }, state };
    const last = lastCheckpoint(await eventsOf(trainerOf(further, split)));
    expect(weightsOf(half.model, last.state)).toEqual(whole.weights);
  });

  it('until it is told to stop, and lets others hear of its events', async () => {
    const stop = new AbortController();
    const steps: number[] = [];
    const trained = await train(gptNano, {
      ...{ text, open: here, ...small, steps: 1000, signal: stop.signal },
      onEvent: async ({ kind, step }) => {
        if (kind === 'steps') steps.push(step);
        if (step === 20) stop.abort();
      },
    });
    expect(steps).toEqual([10, 20]);
    expect(trained.checkpoint.record.step).toBe(20);
    expect(trained.validationLoss).toBeUndefined();
  });
});

it('a page that is not secure has no hashes, and learns all the same', async () => {
  vi.stubGlobal('crypto', {});
  try {
    const trained = await train(bigram, { text, open: here, steps: 10, batch: 2 });
    expect(trained.checkpoint.record).toMatchObject({ step: 10, data: { sha256: '' } });
  } finally {
    vi.unstubAllGlobals();
  }
});

describe('what can’t be learned is told of', () => {
  const tokenizer = CharacterTokenizer.fromText('ab');
  it.each<[string, object, RegExp]>([
    ['no text', {}, /^Training needs a text, or tokens with their tokenizer: give one of them\.$/],
    ['a text and tokens', { text, tokens: tokenizer.encode('ab'), tokenizer }, /give one of them\.$/],
    ['a text too short for a block', { text: 'short' }, /^The text has 5 characters/],
    ['a setting that the model has not', { text, settings: { sizes: 3 } }, /sizes/],
    ['a text that its tokenizer does not know', { text, tokenizer }, /^The text /],
  ])('%s', async (_what, options, message) => {
    await expect(train(gptNano, { open: here, steps: 1, ...options } as TrainTextOptions)).rejects.toThrow(message);
  });

  it('a model for another vocabulary', async () => {
    const other = gptNano.configure({ vocabulary: 5 });
    await expect(train(other, { text, open: here })).rejects.toThrow(
      /^The tokenizer \(characters\) has \d+ ids, but the model/,
    );
  });
});
