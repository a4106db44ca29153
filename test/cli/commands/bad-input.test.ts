import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { quiet, sharedFolder, smallModel, succeed, trilu, writeText } from '../command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
const short = ['--steps', '5', ...smallModel, ...quiet];

/** Wrong usage ends with 2, what fails on its input with 1; either says one sentence, and no stack. */
async function refused(args: readonly string[], exitCode: 1 | 2, message: RegExp): Promise<void> {
  const { code, stdout, stderr } = await trilu(args, cwd);
  expect([code, stdout, stderr]).toEqual([exitCode, '', expect.stringMatching(message)]);
  const lines = stderr.trimEnd().split('\n');
  expect(lines.filter((line) => line.startsWith('trilu: '))).toEqual([lines.at(-1)]);
  expect(stderr).not.toMatch(/^\s+at /m);
}

/** All files of a folder with their content, to see that nothing was touched. */
function contents(directory: string): Record<string, string> {
  if (!existsSync(join(folder, directory))) return {};
  const entries = readdirSync(join(folder, directory), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(paths.map((path) => [path, readFileSync(path, 'hex')]));
}

beforeAll(async () => {
  writeText(join(folder, 'text.txt'), { length: 2000 });
  writeFileSync(join(folder, 'empty.txt'), '');
  writeFileSync(join(folder, 'short.txt'), 'abc');
  writeFileSync(join(folder, 'middling.txt'), 'abcdefgh'.repeat(9));
  writeFileSync(join(folder, 'latin-1.txt'), Buffer.from([0x41, 0x0a, 0xe9, 0x74, 0xe9]));
  writeFileSync(join(folder, 'another.txt'), 'another text'.repeat(90));
  mkdirSync(join(folder, 'folder'));
  await succeed(['train', '--data', 'text.txt', '--out', 'run', ...short], cwd);
});

describe.concurrent('a text that can’t be learned', () => {
  it.each<[string, RegExp]>([
    ['empty.txt', /empty\.txt is empty: it needs some text\./],
    ['short.txt', /has 3 characters, 2 for training and 1 for validation; a block size of 8 needs at least 9 in each/],
    ['middling.txt', /has 72 characters, 64 for training and 8 for validation; .* use a block size of at most 7/],
    ['latin-1.txt', /latin-1\.txt is not valid UTF-8: the byte 0xE9 at offset 2 \(line 2\)/],
    ['missing.txt', /Could not read the text missing\.txt: there is no such file/],
    ['folder', /Could not read the text folder: it is a folder/],
  ])('%s', async (data, message) => {
    await refused(['train', '--data', data, '--out', 'new', ...short], 1, message);
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });
});

describe.concurrent('a training that can’t be', () => {
  it.each<[readonly string[], 1 | 2, RegExp]>([
    [['gtp-nano'], 2, /There is no model called gtp-nano\. Did you mean "gpt-nano"\?/],
    [['--heads', '3'], 2, /An embedding of 16 can't be shared out evenly among 3 heads/],
    [
      ['--learning-rate', '1e-4', '--minimum-learning-rate', '1e-3'],
      2,
      /minimum learning rate 0\.001 lies above .*0\.0001/,
    ],
    [['--threads', '0'], 2, /'--threads <number>' argument '0' is invalid/],
    [['--stesp', '5'], 2, /Unknown option '--stesp' \(Did you mean --steps\?\)/],
    [['--out', 'run'], 1, /run holds a run already: go on with it by --resume run/],
    [['--out', 'text.txt'], 1, /Could not create the folder text\.txt: there is a file of that name/],
    [['--out', 'text.txt/new'], 1, /Could not create the folder text\.txt\/new: a part of the path is a file/],
  ])('%j', async (options, exitCode, message) => {
    const out = options.includes('--out') ? [] : ['--out', 'new'];
    await refused(['train', '--data', 'text.txt', ...short, ...out, ...options], exitCode, message);
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });

  it('over a model that has no state: what was trained is not written over', async () => {
    mkdirSync(join(folder, 'model'));
    cpSync(join(folder, 'run/model.safetensors'), join(folder, 'model/model.safetensors'));
    const before = contents('model');
    await refused(['train', '--data', 'text.txt', '--out', 'model', ...short], 1, /model holds a model already/);
    expect(contents('model')).toEqual(before);
  });

  const cuda = resolve(import.meta.dirname, '../../../node_modules/onnxruntime-node/bin/napi-v6/linux/x64');
  it.skipIf(existsSync(join(cuda, 'libonnxruntime_providers_cuda.so')))('on a device that is not there', async () => {
    const message = /The device cuda is not available: .* What to do: .* Or use the device cpu\./;
    await refused(['train', '--data', 'text.txt', '--out', 'on-cuda', ...short, '--device', 'cuda'], 1, message);
    expect(existsSync(join(folder, 'on-cuda'))).toBe(false);
    await refused(['generate', 'run', '--device', 'cuda'], 1, message);
  });
});

describe.concurrent('a resume that can’t be', () => {
  it.each<[readonly string[], 1 | 2, RegExp]>([
    [['run'], 1, /run has made its 5 steps already; ask for more with --steps\./],
    [['run', '--steps', '3'], 1, /run has made its 5 steps already/],
    [['nowhere'], 1, /Could not read the training state nowhere\/training_state\.safetensors: there is no such file/],
    [
      ['run', '--steps', '9', '--data', 'another.txt'],
      1,
      /another\.txt is not the text that run was trained on \(it has 1,080/,
    ],
    [['run', '--steps', '9', '--seed', '1'], 2, /--seed can't be given with --resume/],
    [['run', '--steps', '9', '--block', '4'], 2, /--block can't be given with --resume/],
    [['run', '--steps', '9', '--layers', '2'], 2, /--layers can't be given with --resume/],
    [['run', '--steps', '9', '--learning-rate', '1'], 2, /--learning-rate can't be given with --resume/],
    [['run', '--steps', '9', '--out', 'new'], 2, /--out can't be given with --resume/],
  ])('%j', async (options, exitCode, message) => {
    const before = contents('run');
    await refused(['train', '--resume', ...options], exitCode, message);
    expect(contents('run')).toEqual(before);
  });

  it('of another model', () =>
    refused(['train', 'bigram', '--resume', 'run'], 2, /A model can't be given with --resume/));

  it('when its text has gone, unless it is named anew', async () => {
    writeText(join(folder, 'moved-from.txt'), { length: 2000 });
    await succeed(['train', '--data', 'moved-from.txt', '--out', 'moved', ...short], cwd);
    rmSync(join(folder, 'moved-from.txt'));
    const message =
      /The text that moved was trained on is no longer at .*moved-from\.txt: say with --data where it is\./;
    await refused(['train', '--resume', 'moved', '--steps', '7'], 1, message);
    await succeed(['train', '--resume', 'moved', '--steps', '7', '--data', 'text.txt', '--threads', '1'], cwd);
  });
});

let copies = 0;

/** Damages one file of a copy of the run; the text replaced must be there. */
function damaged(name: string, damage: (path: string) => void): string {
  copies += 1;
  const copy = `damaged-${copies}`;
  cpSync(join(folder, 'run'), join(folder, copy), { recursive: true });
  damage(join(folder, copy, name));
  return copy;
}

function replaceIn(path: string, from: string, to: string): void {
  const before = readFileSync(path, 'latin1');
  expect(before).toContain(from);
  writeFileSync(path, before.replace(from, to), 'latin1');
}

describe.concurrent('a damaged run directory', () => {
  it.each<[string, string, (path: string) => void, RegExp]>([
    [
      'training_state.safetensors',
      'cut short',
      (path) => truncateSync(path, 20_000),
      /training_state\.safetensors is cut short/,
    ],
    [
      'training_state.safetensors',
      'empty',
      (path) => truncateSync(path, 0),
      /training_state\.safetensors is cut short/,
    ],
    [
      'training_state.safetensors',
      'of another version',
      (path) => replaceIn(path, '\\"version\\": 1', '\\"version\\": 7'),
      /was written by another version of trilu \(format 7, this one reads 1\)/,
    ],
  ])('%s %s can’t be resumed, and stays as it is', async (name, _, damage, message) => {
    const copy = damaged(name, damage);
    const before = contents(copy);
    await refused(['train', '--resume', copy, '--steps', '9'], 1, message);
    expect(contents(copy)).toEqual(before);
  });

  it.each<[string, string, (path: string) => void, RegExp]>([
    [
      'model.safetensors',
      'cut short',
      (path) => truncateSync(path, 9000),
      /damaged-\d+\/model\.safetensors is cut short/,
    ],
    [
      'config.json',
      'with a vocabulary of another size',
      (path) => replaceIn(path, '"vocab_size": ', '"vocab_size": 1'),
      /damaged-\d+\/tokenizer\.json has \d+ characters, but config\.json says 1\d+\./,
    ],
    [
      'config.json',
      'with another width',
      (path) => replaceIn(path, '"n_embd": 16', '"n_embd": 32'),
      /damaged-\d+\/model\.safetensors: transformer\.wte\.weight is F32 of shape \[\d+, 16\], but .* \[\d+, 32\]\./,
    ],
    [
      'config.json',
      'with a width that its heads can’t share',
      (path) => replaceIn(path, '"n_embd": 16', '"n_embd": 17'),
      /damaged-\d+\/config\.json describes no model: An embedding of 17 can't be shared/,
    ],
    [
      'config.json',
      'with more layers than there are weights',
      (path) => replaceIn(path, '"n_layer": 1', '"n_layer": 100000000'),
      /damaged-\d+\/model\.safetensors has 16 tensors, too few for the 100000000 layers/,
    ],
    [
      'config.json',
      'of another version',
      (path) => replaceIn(path, '"version": 1', '"version": 2'),
      /damaged-\d+\/config\.json is no configuration that this version of trilu can read/,
    ],
    [
      'config.json',
      'cut short',
      (path) => truncateSync(path, 100),
      /damaged-\d+\/config\.json is damaged: it is no JSON\./,
    ],
    [
      'tokenizer.json',
      'with a character twice',
      (path) => replaceIn(path, '"c": ', '"a": '),
      /damaged-\d+\/tokenizer\.json has "a" twice\./,
    ],
    [
      'tokenizer.json',
      'with an id twice',
      (path) => replaceIn(path, '" ": 1', '" ": 0'),
      /damaged-\d+\/tokenizer\.json gives the id 0 twice/,
    ],
  ])('%s %s can’t be used', async (name, _, damage, message) => {
    await refused(['generate', damaged(name, damage), '--prompt', 'the'], 1, message);
  });

  it('is mended by a resume when its state is whole', async () => {
    const copy = damaged('model.safetensors', (path) => truncateSync(path, 9000));
    await succeed(['train', '--resume', copy, '--steps', '8', '--threads', '1'], cwd);
    expect(await succeed(['generate', copy, '--prompt', 'the', '--tokens', '5'], cwd)).toMatch(/^the[\s\S]{5}$/);
  });
});
