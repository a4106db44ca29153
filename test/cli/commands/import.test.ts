import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeWeights } from '../../../src/model-directory/model-directory.ts';
import { tokenizerJson } from '../../../src/model-directory/tokenizer-files.ts';
import { readModelSummary } from '../../../src/onnx/metadata.ts';
import { open } from '../../../src/runtime/node/open.ts';
import { tensor } from '../../../src/runtime/tensor.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../src/safetensors/safetensors.ts';
import { CharacterTokenizer } from '../../../src/text/tokenizers/characters.ts';
import { gpt2Config } from '../../support/gpt2-folders.ts';
import { distance, numbersOf, runFile } from '../../support/run-graph.ts';
import { strongWeights, tinyFile, tinyModel } from '../../support/tiny-ladder.ts';
import { runTrilu, sharedFolder, succeed, trilu } from '../command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
const source = tinyModel('gpt', { bias: true, activation: 'gelu_new' });
const weights = strongWeights(source);
const config = {
  ...gpt2Config,
  ...{ vocab_size: 11, n_positions: 8, n_ctx: 8, n_embd: 16, n_layer: 2, n_head: 2, bos_token_id: 0, eos_token_id: 0 },
};
const merging = JSON.stringify({ model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: [['a', 'b']] } });

/** A GPT-2 as another tool would have saved it. */
function save(name: string, tokenizer: string): void {
  const path = join(folder, name);
  mkdirSync(path);
  writeFileSync(join(path, 'config.json'), JSON.stringify(config));
  writeFileSync(join(path, 'tokenizer.json'), tokenizer);
  writeFileSync(join(path, 'model.safetensors'), encodeWeights(source, weights));
}

const contents = (directory: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(folder, directory)).map((name) => [name, readFileSync(join(folder, directory, name), 'hex')]),
  );

beforeAll(async () => {
  save('characters', tokenizerJson(CharacterTokenizer.fromVocabulary(Array.from('abcdefghijk'))));
  save('merging', merging);
  await succeed(['import', 'merging', '--out', 'ids'], cwd);
});

describe.concurrent('trilu import', () => {
  it('makes a model directory that generate, evaluate and export take', async () => {
    const { code, stdout, stderr } = await runTrilu(['import', 'characters', '--out', 'deep/own'], cwd);
    expect([code, stdout]).toEqual([0, 'gpt: 2 layers, 2 heads, 16 wide, block 8, 11 tokens, 6,896 parameters\n']);
    expect(stderr).toBe(
      'The model is in deep/own. Next:\n  npx trilu generate deep/own\n  npx trilu export deep/own --program forward,decode\n',
    );
    const generate = ['generate', 'deep/own', '--prompt', 'abc', '--tokens', '12', '--greedy', '--threads', '1'];
    expect(await succeed(generate, cwd)).toMatch(/^abc[a-k]{12}$/);
    writeFileSync(join(folder, 'text.txt'), 'abcdefghijk'.repeat(40));
    const evaluate = ['evaluate', 'deep/own', '--data', 'text.txt', '--split', 'all', '--threads', '1', '--json'];
    const { loss } = JSON.parse(await succeed(evaluate, cwd));
    expect(loss).toBeGreaterThan(0);
  });

  it('tells a program what it wrote', async () => {
    const answer = JSON.parse(await succeed(['import', 'characters', '--out', 'told', '--json'], cwd));
    expect(answer).toMatchObject({ directory: 'told', parameters: 6896, characters: true, config: { model: 'gpt' } });
    expect([...answer.files].sort()).toEqual(readdirSync(join(folder, 'told')).sort());
  });

  it('of a tokenizer that joins characters says that token ids are taken; what is exported computes the same', async () => {
    const { code, stderr } = await trilu(['import', 'merging', '--out', 'ids again'], cwd);
    expect([code, stderr.split('\n')[0]]).toEqual([
      0,
      'merging has no tokenizer of a kind that is known: here, the model takes and gives token ids.',
    ]);
    expect(readFileSync(join(folder, 'ids again/tokenizer.json'), 'utf8')).toBe(merging);
    await succeed(['export', 'ids again', '--program', 'forward,generate', '--threads', '1'], cwd);
    const file = readFileSync(join(folder, 'ids again/onnx/forward.onnx'));
    expect(readModelSummary(file).metadata).not.toHaveProperty('trilu.vocabulary');
    const tokens = tensor('int32', [1, 5], [10, 0, 3, 2, 7]);
    const { logits } = await runFile(file, { tokens });
    const { logits: own } = await runFile(tinyFile('forward', source, { weights }), { tokens });
    expect(distance(numbersOf(logits), numbersOf(own))).toBe(0);
    const session = await open(join(folder, 'ids again/onnx/generate.onnx'), { device: 'cpu', worker: false });
    expect(session.program.vocabulary).toBeUndefined();
    await session.dispose();
  });

  it('of such a tokenizer makes a model that goes on from token ids, and says so when it is given text', async () => {
    const { code, stderr } = await trilu(['import', 'merging', '--out', 'asked'], cwd);
    expect([code, stderr]).toEqual([0, expect.stringContaining('\n  npx trilu generate asked --token-ids 0,1\n')]);
    const greedy = ['--tokens', '6', '--greedy', '--threads', '1'];
    expect(await succeed(['generate', 'asked', '--token-ids', '0,1', ...greedy], cwd)).toMatch(/^0 1( \d+){6}\n$/);
    const text = await trilu(['generate', 'asked', '--prompt', 'ab', ...greedy], cwd);
    expect([text.code, text.stdout, text.stderr]).toEqual([1, '', expect.stringMatching(/--token-ids/)]);
  });

  it('takes weights in parts and in float16', async () => {
    mkdirSync(join(folder, 'parts'));
    const { tensors } = decodeSafetensors(encodeWeights(source, weights));
    const halves = [...tensors.values()].map(({ name, shape }) => ({
      ...{ name, shape, type: 'F16' as const },
      data: new Uint16Array(shape.reduce((size, length) => size * length, 1)).fill(0x3800), // 0.5
    }));
    const [one, two] = [halves.slice(0, 5), halves.slice(5)];
    writeFileSync(join(folder, 'parts/config.json'), JSON.stringify(config));
    writeFileSync(join(folder, 'parts/a.safetensors'), encodeSafetensors(one));
    writeFileSync(join(folder, 'parts/b.safetensors'), encodeSafetensors(two));
    const listed = (list: typeof one, file: string): [string, string][] => list.map(({ name }) => [name, file]);
    const map = Object.fromEntries([...listed(one, 'a.safetensors'), ...listed(two, 'b.safetensors')]);
    writeFileSync(join(folder, 'parts/model.safetensors.index.json'), JSON.stringify({ weight_map: map }));
    await succeed(['import', 'parts', '--out', 'joined'], cwd);
    const joined = decodeSafetensors(readFileSync(join(folder, 'joined/model.safetensors'))).tensors;
    expect([...joined.keys()].sort()).toEqual([...tensors.keys()].sort());
    for (const { type, data } of joined.values()) {
      expect([type, ...new Set(Array.from<unknown>(data))]).toEqual(['F32', 0.5]);
    }
  });
});

/** One sentence on stderr, nothing on stdout, no stack. */
async function refused(args: readonly string[], exitCode: 1 | 2, message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await trilu(args, cwd);
  expect([code, stdout, stderr]).toEqual([exitCode, '', expect.stringMatching(message)]);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
}

describe.concurrent('what can’t be', () => {
  it.each<[readonly string[], 1 | 2, RegExp]>([
    [['import', 'merging'], 2, /^trilu: Required option '--out <directory>' not specified\. Try: trilu import --help/],
    [['import', '--out', 'new'], 2, /^trilu: Missing required argument 'source'/],
    [
      ['import', 'nowhere', '--out', 'new'],
      1,
      /^trilu: nowhere is not a folder with a model: there is no such folder\./,
    ],
    [['import', '.', '--out', 'new'], 1, /^trilu: Could not read the model's file config\.json: there is no such file/],
    [
      ['import', 'merging', '--out', 'characters'],
      1,
      /^trilu: characters holds a model or a part of one already \(config\.json\): choose/,
    ],
    [['import', 'merging', '--out', 'merging'], 1, /^trilu: merging holds a model or a part of one already/],
    [
      ['import', 'merging', '--out', 'merging/config.json'],
      1,
      /^trilu: Could not create the folder .*: there is a file of that name/,
    ],
    [
      ['evaluate', 'ids'],
      1,
      /^trilu: ids has no tokenizer of a kind that is known here \(characters\), .*: give it token ids \(--token-ids\), or add its kind with defineTokenizer \(--model names a module that does\)\./,
    ],
    [['evaluate', 'merging'], 1, /^trilu: merging\/config\.json is no configuration .* is read with trilu import\)\./],
  ])('%j', async (args, exitCode, message) => {
    const before = [contents('characters'), contents('merging')];
    await refused(args, exitCode, message);
    expect([contents('characters'), contents('merging')]).toEqual(before);
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });

  it('a folder cut short leaves nothing behind', async () => {
    save('damaged', merging);
    truncateSync(join(folder, 'damaged/model.safetensors'), 20_000);
    await refused(['import', 'damaged', '--out', 'never'], 1, /^trilu: damaged\/model\.safetensors is cut short/);
    expect(existsSync(join(folder, 'never'))).toBe(false);
  });
});
