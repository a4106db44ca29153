import { execFile } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeModel } from '../../src/onnx/codec.ts';
import { exampleModel } from '../onnx/example-model.ts';
import { main, quiet, sharedFolder, smallModel, startTrilu, succeed, trilu, writeText } from './command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };

/** Longer than the block of 8, with characters of one, two, three and four bytes. */
const prompt = 'the öld 鯨 saw 🐋 and ';

beforeAll(async () => {
  // A model of others: sound, and without a word about characters.
  const { metadataProps: _, trainingInfo: __, functions: ___, ...foreign } = exampleModel;
  writeFileSync(join(folder, 'foreign.onnx'), encodeModel({ ...foreign, opsetImport: [{ domain: '', version: 17 }] }));
  writeText(join(folder, 'text.txt'), { words: 'the öld captain saw a white 鯨 and a 🐋 off the coast .' });
  const options = ['--data', 'text.txt', '--out', 'run', '--steps', '150', '--warm-up', '10', ...smallModel, ...quiet];
  await succeed(['train', 'gpt-nano', ...options], cwd);
  await succeed(['export', 'run'], cwd);
});

function generate(source: string, ...options: readonly string[]): Promise<string> {
  return succeed(['generate', source, '--threads', '1', ...options], cwd);
}

function length(text: string): number {
  return [...text].length;
}

const sources = ['run', 'run/onnx/forward.onnx', 'run/onnx/decode.onnx', 'run/onnx/generate.onnx'];

describe.concurrent('standard output', () => {
  it('is the prompt and what follows it, character for character, and nothing else', async () => {
    const ending = await trilu(['generate', 'run', '--prompt', prompt, '--tokens', '40', '--seed', '5'], cwd);
    expect(ending).toMatchObject({ code: 0, stderr: '' });
    expect(ending.stdout.startsWith(prompt)).toBe(true);
    expect(length(ending.stdout)).toBe(length(prompt) + 40);
  });

  it('is the continuation alone when there is no prompt', async () => {
    const written = await generate('run', '--tokens', '25', '--seed', '5');
    expect(length(written)).toBe(25);
    expect(await generate('run', '--tokens', '25', '--seed', '5', '--prompt', '')).toBe(written);
    // It begins as a line does.
    expect(await generate('run', '--tokens', '25', '--seed', '5', '--prompt', '\n')).toBe(`\n${written}`);
  });

  it('begins before the end', async () => {
    const { process: child, ended } = startTrilu(['generate', 'run', '--prompt', 'the', '--tokens', '3000'], cwd);
    const chunks: number[] = [];
    child.stdout?.on('data', (text: string) => chunks.push(length(text)));
    const { stdout } = await ended;
    expect(length(stdout)).toBe(3003);
    expect(chunks.length).toBeGreaterThan(20);
  });

  it('may be cut off by its reader', async () => {
    const command = `"${process.execPath}" "${main}" generate run --prompt the --tokens 100000 | head -c 5; echo; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((settle) => {
      execFile('bash', ['-c', command], cwd, (_error, out, err) => settle({ stdout: out, stderr: err }));
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^the[\s\S]+\n0\n$/);
  });

  it.runIf(existsSync('/dev/full'))('on a full disk is an error in one sentence', async () => {
    const command = `"${process.execPath}" "${main}" generate run --prompt the > /dev/full; echo "$?"`;
    const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((settle) => {
      execFile('bash', ['-c', command], cwd, (_error, out, err) => settle({ stdout: out, stderr: err }));
    });
    expect([stdout, stderr]).toEqual([
      '1\n',
      expect.stringMatching(/^trilu: Could not write [^\n]*disk is full[^\n]*\n$/),
    ]);
  });
});

describe.concurrent('the same text', () => {
  it.each([[['--seed', '9', '--temperature', '0.7', '--top-k', '9', '--top-p', '0.8']], [['--greedy']]])(
    'comes from the run and from each of its files with %j',
    async (sampling) => {
      const texts = await Promise.all(
        sources.map((source) => generate(source, '--prompt', prompt, '--tokens', '30', ...sampling)),
      );
      expect(texts).toEqual(sources.map(() => texts[0]));
      expect(length(texts[0] ?? '')).toBe(length(prompt) + 30);
    },
  );

  it('comes from a prompt given as an option, asked for on standard input, and piped in', async () => {
    const options = ['generate', 'run', '--tokens', '10', '--seed', '1'];
    const texts = await Promise.all([
      succeed([...options, '--prompt', prompt], cwd),
      succeed([...options, '--prompt', '-'], { ...cwd, input: prompt }),
      succeed(options, { ...cwd, input: prompt }),
    ]);
    expect(texts).toEqual([texts[0], texts[0], texts[0]]);
  });

  it('comes with --greedy as with temperature 0, whatever the seed', async () => {
    const greedy = await generate('run', '--prompt', 'the', '--tokens', '20', '--greedy');
    expect(await generate('run', '--prompt', 'the', '--tokens', '20', '--temperature', '0', '--seed', '8')).toBe(
      greedy,
    );
  });

  it('does not come from another seed, or from none twice', async () => {
    const seeded = (...seed: readonly string[]): Promise<string> =>
      generate('run', '--prompt', 'the', '--tokens', '60', '--temperature', '2', ...seed);
    const texts = await Promise.all([seeded('--seed', '1'), seeded('--seed', '2'), seeded(), seeded()]);
    expect(new Set(texts).size).toBe(4);
  });
});

describe.concurrent('what can’t be written from is refused before anything is printed', () => {
  it.each<[readonly string[], RegExp]>([
    [['run/onnx/train.onnx'], /run\/onnx\/train\.onnx is the program train, which can't continue a text/],
    [['run/onnx/evaluate.onnx'], /run\/onnx\/evaluate\.onnx is the program evaluate, which can't continue a text/],
    [['foreign.onnx'], /foreign\.onnx does not say its (characters|configuration)/],
    [['run/config.json'], /run\/config\.json is not an ONNX model but JSON/],
    [['nothing'], /There is no model directory and no \.onnx file at nothing\./],
    [['.'], /Could not read the model's file config\.json: there is no such file/],
    [['run', '--prompt', 'Zoë & 🦈 the'], /"Z" \(U\+005A\), "ë" \(U\+00EB\), "&" \(U\+0026\), "🦈" \(U\+1F988\)/],
    [
      ['run/onnx/generate.onnx', '--prompt', 'Zoe'],
      /The prompt has a character that the model does not know: "Z" \(U\+005A\);/,
    ],
    [['run', '--prompt', '-'], /The prompt from standard input is empty/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await trilu(['generate', ...args], cwd);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^trilu: [^\n]+\.\n$/);
  });
});
