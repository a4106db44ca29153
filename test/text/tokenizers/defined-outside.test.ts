import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bigram } from '../../../models/index.ts';
import {
  generateScoredText,
  generateText,
  huggingFaceFiles,
  readOnnxModel,
  type TrainedModel,
} from '../../../src/index.ts';
import { open, openCorpus, RunDirectory, readCheckpoint, readModelDirectory } from '../../../src/node.ts';
import { readModelSummary } from '../../../src/onnx.ts';
import {
  type Checkpoint,
  decodeProgram,
  exportProgram,
  forwardProgram,
  generateProgram,
  initialState,
  LanguageModelTrainer,
  newRecord,
  presetFor,
  splitTokens,
  tokenizerOf,
  weightsOf,
} from '../../../src/parts.ts';
import { byteTokenizer, byteTokenizers } from '../../support/byte-tokenizer.ts';

/** Characters of one to four bytes, in which each byte has one that follows it. */
const line = '🐋鯨é\n';

let folder = '';
let run = '';
let trained: TrainedModel;
let last: Checkpoint;
const here = { device: 'cpu', worker: false, threads: 1 } as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trilu-bytes-'));
  run = join(folder, 'run');
  await writeFile(join(folder, 'text.txt'), line.repeat(60));
  const corpus = await openCorpus(join(folder, 'text.txt'), { tokenizer: byteTokenizers });
  const { tokenizer, characters, sha256 } = corpus;
  const model = bigram.configure({ vocabulary: tokenizer.size, block: 8 });
  const steps = 60;
  const schedule = { learningRate: 0.5, minimumLearningRate: 0.5, warmUp: 0, decaySteps: steps };
  const setup = { ...presetFor(bigram), steps, batch: 8, schedule, evaluateEvery: 0, sampleEvery: 0 };
  const tokens = splitTokens(corpus.tokens, { block: model.block });
  const record = newRecord({ model, setup, tokenizer, data: { path: undefined, characters, sha256 }, tokens });
  const directory = await RunDirectory.open(run);
  const trainer = new LanguageModelTrainer({ record, state: initialState(model, setup) }, tokens, {
    open: (model) => open(model, here),
  });
  for await (const event of trainer.events()) {
    if (event.kind === 'checkpoint') {
      last = event.checkpoint;
      await directory.save(event.checkpoint, { keep: 0 });
    }
  }
  await directory.release();
  corpus.close();
  trained = { model, tokenizer, weights: weightsOf(model, last.state) };
});
afterAll(() => rm(folder, { recursive: true }));

async function written(options: { readonly prompt: string; readonly count: number; readonly stop?: string[] }) {
  const { weights, tokenizer, model } = trained;
  const file = exportProgram(forwardProgram(model), { weights, tokenizer });
  const forward = await open(file, here);
  const pieces: string[] = [];
  try {
    for await (const piece of generateText({ ...options, forward, blockSize: 8, sampling: { greedy: true } }))
      pieces.push(piece);
  } finally {
    await forward.dispose();
  }
  return pieces;
}

describe('a tokenizer that was defined outside', () => {
  it('is in the record and the folder of a run, which come back with it', async () => {
    const { checkpoint } = await readCheckpoint(run);
    expect(checkpoint).toEqual(last);
    expect(checkpoint.record.tokenizer.kind).toBe('bytes');
    expect(JSON.parse(await readFile(join(run, 'trainer.json'), 'utf8')).tokenizer).toEqual({
      model: { type: 'Bytes' },
    });
    expect(JSON.parse(await readFile(join(run, 'tokenizer.json'), 'utf8'))).toEqual({ model: { type: 'Bytes' } });
    expect((await readModelDirectory(run)).tokenizer?.kind).toBe('bytes');
  });

  it('is in the .onnx files of its models, which say no characters', () => {
    const { weights, tokenizer, model } = trained;
    for (const program of [forwardProgram(model), decodeProgram(model), generateProgram(model)]) {
      const file = exportProgram(program, { weights, tokenizer });
      const { metadata } = readModelSummary(file);
      expect(metadata['trilu.tokenizer']).toBe('{"model":{"type":"Bytes"}}');
      expect(metadata).not.toHaveProperty(['trilu.vocabulary']);
      expect(tokenizerOf({ program: { metadata } })?.kind).toBe('bytes');
      const back = readOnnxModel(file);
      expect(back.tokenizer?.kind).toBe('bytes');
      expect(new Map(back.weights)).toEqual(new Map(weights));
    }
  });

  it('goes into a folder for Hugging Face’s tools, without the files that are about characters', () => {
    const files = new Map(huggingFaceFiles(trained));
    expect(files.get('tokenizer.json')).toBe(`${JSON.stringify({ model: { type: 'Bytes' } }, null, 2)}\n`);
    expect(files.has('special_tokens_map.json')).toBe(false);
    expect(JSON.parse(String(files.get('tokenizer_config.json'))).pad_token).toBeNull();
    const onnx = files.get('onnx/model.onnx');
    expect(onnx instanceof Uint8Array && readModelSummary(onnx).metadata).toHaveProperty(['trilu.tokenizer']);
  });
});

describe('text that comes in bytes', () => {
  it('is written from a file that says its tokenizer, whole characters only', async () => {
    const pieces = await written({ prompt: 'é', count: 21 });
    expect(pieces.join('')).toBe(`\n🐋鯨é\n🐋鯨é\n`);
    expect(pieces).toEqual(['\n', '🐋', '鯨', 'é', '\n', '🐋', '鯨', 'é', '\n']);
  });

  it('that ends within a character ends in U+FFFD', async () => {
    expect(await written({ prompt: '\n', count: 6 })).toEqual(['🐋', '\ufffd']);
  });

  it('ends before a stop string of several bytes', async () => {
    expect((await written({ prompt: '\n', count: 40, stop: ['鯨é'] })).join('')).toBe('🐋');
  });

  it('with bytes that are no UTF-8 has U+FFFD in their place', async () => {
    const decoder = byteTokenizer.decoder();
    const ids = [0x61, 0xff, 0xe9, 0xaf, 0x62, 0xf0, 0x9f, 0x90, 0x8b, 0xc3];
    const pieces = ids.map((id) => decoder.push(id));
    expect(pieces).toEqual(['a', '\ufffd', '', '', '\ufffdb', '', '', '', '🐋', '']);
    expect([...pieces, decoder.end()].join('')).toBe(byteTokenizer.decode(ids));
  });

  it('comes with probabilities: the byte that completes a character has its text', async () => {
    const { weights, tokenizer, model } = trained;
    const forward = await open(exportProgram(forwardProgram(model), { weights, tokenizer }), here);
    const texts: string[] = [];
    const options = { forward, prompt: '\n', count: 9, blockSize: 8, sampling: { greedy: true }, alternatives: 1 };
    for await (const scored of generateScoredText(options)) {
      texts.push(scored.text);
      expect(scored.alternatives[0]?.token).toBe(scored.token);
    }
    await forward.dispose();
    expect(texts).toEqual(['', '', '', '🐋', '', '', '鯨', '', 'é']);
  });
});
