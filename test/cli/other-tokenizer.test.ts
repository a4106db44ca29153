import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { bigram } from '../../models/index.ts';
import { exportProgram } from '../../src/export/export-program.ts';
import { huggingFaceFiles } from '../../src/export/hugging-face-folder.ts';
import { readModelSummary } from '../../src/onnx/metadata.ts';
import { forwardProgram, modelParameters } from '../../src/programs/index.ts';
import { initialize } from '../../src/train/initialize.ts';
import { byteTokenizer, byteTokenizers } from '../support/byte-tokenizer.ts';
import { sharedFolder } from './command.ts';
import { inProcess } from './in-process.ts';

const folder = sharedFolder();
const text = '🐋 and 鯨 are é. '.repeat(40);

/** What a command says that ends well. */
async function succeed(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await inProcess(args, folder);
  expect([code, stderr.includes('trilu: ')], stderr).toEqual([0, false]);
  return stdout;
}

beforeAll(async () => {
  writeFileSync(join(folder, 'text.txt'), text);
  const model = bigram.configure({ vocabulary: 256, block: 8 });
  const weights = initialize(modelParameters(model), model.initialization, 1);
  const forward = exportProgram(forwardProgram(model), { weights, tokenizer: byteTokenizer });
  writeFileSync(join(folder, 'forward.onnx'), forward);
  for (const [name, content] of huggingFaceFiles({ model, weights, tokenizer: byteTokenizer })) {
    mkdirSync(dirname(join(folder, 'model', name)), { recursive: true });
    writeFileSync(join(folder, 'model', name), content);
  }
});

describe('where no kind reads the tokenizer', () => {
  it.each([
    ['generate', 'model'],
    ['generate', 'forward.onnx'],
    ['evaluate', 'model', '--data', 'text.txt'],
  ])('%s %s says which kinds there are', async (...args) => {
    const { code, stderr } = await inProcess(args, folder);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^trilu: \S+ has no tokenizer of a kind that is known here \(characters\), so it can't/),
    ]);
  });

  it.each(['model', 'forward.onnx'])('token ids are written all the same from %s', async (source) => {
    expect(await succeed('generate', source, '--token-ids', '1,2', '--tokens', '3')).toMatch(/^1 2( \d+){3}\n$/);
  });
});

describe('a model of bytes', () => {
  beforeAll(async () => {
    const entry = pathToFileURL(resolve(import.meta.dirname, '../../dist/src/index.js')).href;
    const { defineTokenizer }: typeof import('../../src/index.ts') = await import(entry);
    defineTokenizer(byteTokenizers);
    await succeed('export', 'model', '--program', 'forward,decode,generate', '--stop', '.');
  });

  it('is evaluated, a loss a token', async () => {
    const tokens = new TextEncoder().encode(text).length;
    const options = ['evaluate', 'model', '--data', 'text.txt', '--split', 'all'];
    expect(await succeed(...options)).toMatch(
      new RegExp(`^loss \\d\\.\\d{4} nats a token \\(all: ${tokens.toLocaleString('en')} tokens of text\\.txt\\)\n$`),
    );
    expect(JSON.parse(await succeed(...options, '--json'))).toMatchObject({ tokens, split: 'all' });
  });

  it.each(['model', 'model/onnx/forward.onnx', 'model/onnx/decode.onnx', 'model/onnx/generate.onnx'])(
    'writes whole characters from %s',
    async (source) => {
      const ids = (await succeed('generate', source, '--token-ids', '65', '--tokens', '40', '--seed', '3')).split(' ');
      const written = await succeed('generate', source, '--prompt', 'A', '--tokens', '40', '--seed', '3');
      expect(written).toBe(byteTokenizer.decode(ids.map(Number)));
    },
  );

  it('says in its files what its tokenizer is', async () => {
    const { metadata } = readModelSummary(readFileSync(join(folder, 'model/onnx/generate.onnx')));
    expect(metadata['trilu.tokenizer']).toBe(JSON.stringify(byteTokenizer));
    expect(await succeed('inspect', 'model/onnx/forward.onnx')).toMatch(/^tokenizer +\{"model":\{"type":"Bytes"\}\}$/m);
    expect(JSON.parse(await succeed('inspect', 'model/onnx/forward.onnx', '--json')).program).toMatchObject({
      tokenizer: { model: { type: 'Bytes' } },
    });
  });

  it.each([
    [['--stop', '鯨'], '--stop must be one token of the model\'s vocabulary, not "鯨".'],
    [['--characters'], '--characters needs a model of characters: this one has only ids.'],
  ])('is not exported with %j', async (options, message) => {
    const { code, stderr } = await inProcess(['export', 'model', '--out', 'none', ...options], folder);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });

  it('with a tokenizer of another size is refused', async () => {
    const config = readFileSync(join(folder, 'model/config.json'), 'utf8');
    writeFileSync(join(folder, 'model/config.json'), config.replace('"vocab_size": 256', '"vocab_size": 255'));
    const { code, stderr } = await inProcess(['generate', 'model'], folder);
    writeFileSync(join(folder, 'model/config.json'), config);
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('model/tokenizer.json has 256 tokens, but config.json says 255.'),
    ]);
  });
});
