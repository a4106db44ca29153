import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeModel, encodeModel } from '../../../src/onnx/codec.ts';
import { exampleModel } from '../../onnx/example-model.ts';
import {
  main,
  quiet,
  runTrilu,
  sharedFolder,
  smallModel,
  startTrilu,
  succeed,
  succeedAlone,
  trilu,
  writeText,
} from '../command.ts';

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
  await succeed(['export', 'run', '--program', 'generate', '--characters', '--out', 'spoken'], cwd);
  for (const program of ['decode', 'generate']) {
    const { metadataProps = [], ...model } = decodeModel(readFileSync(join(folder, `run/onnx/${program}.onnx`)));
    const others = metadataProps.filter(({ key }) => key !== 'trilu.vocabulary');
    writeFileSync(join(folder, `ids-${program}.onnx`), encodeModel({ ...model, metadataProps: others }));
  }
});

function generate(source: string, ...options: readonly string[]): Promise<string> {
  return succeed(['generate', source, '--threads', '1', ...options], cwd);
}

function length(text: string): number {
  return [...text].length;
}

const sources = [
  'run',
  'run/onnx/forward.onnx',
  'run/onnx/decode.onnx',
  'run/onnx/generate.onnx',
  'spoken/generate.onnx',
];

describe.concurrent('standard output', () => {
  it('is the prompt and what follows it, character for character, and nothing else', async () => {
    const ending = await runTrilu(['generate', 'run', '--prompt', prompt, '--tokens', '40', '--seed', '5'], cwd);
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
    const { process: child, ended } = startTrilu(['generate', 'run', '--prompt', 'the', '--tokens', '800'], cwd);
    const chunks: number[] = [];
    child.stdout?.on('data', (text: string) => chunks.push(length(text)));
    const { stdout } = await ended;
    expect(length(stdout)).toBe(803);
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
      succeedAlone([...options, '--prompt', '-'], { ...cwd, input: prompt }),
      succeedAlone(options, { ...cwd, input: prompt }),
    ]);
    expect(texts).toEqual([texts[0], texts[0], texts[0]]);
  });

  it('comes with --greedy always, and with a temperature near 0', async () => {
    const greedy = await generate('run', '--prompt', 'the', '--tokens', '20', '--greedy');
    expect(await generate('run', '--prompt', 'the', '--tokens', '20', '--greedy')).toBe(greedy);
    const nearly = ['--temperature', '1e-6', '--seed', '8'];
    expect(await generate('run', '--prompt', 'the', '--tokens', '20', ...nearly)).toBe(greedy);
  });

  it('comes from the run, a forward and a decode program with what only the host can do', async () => {
    const options = ['--prompt', prompt, '--tokens', '30', '--seed', '3', '--temperature', '2'];
    const free = await generate('run', ...options);
    const held = [...options, '--min-p', '0.3', '--repetition-penalty', '1.4'];
    const texts = await Promise.all(sources.slice(0, 3).map((source) => generate(source, ...held)));
    expect(texts).toEqual([texts[0], texts[0], texts[0]]);
    expect(texts[0]).not.toBe(free);
    expect(length(texts[0] ?? '')).toBe(length(prompt) + 30);
  });

  it('comes from each source up to a stop string, of which nothing is printed', async () => {
    const options = ['--prompt', 'the', '--tokens', '40', '--seed', '4'];
    const whole = (await generate('run', ...options)).slice(3);
    const stop = [...whole].slice(12, 15).join('');
    const ended = `the${whole.slice(0, whole.indexOf(stop))}`;
    const stops = ['--stop', 'not in it', '--stop', stop];
    const texts = await Promise.all(sources.map((source) => generate(source, ...options, ...stops)));
    expect(texts).toEqual(sources.map(() => ended));
  });

  it('does not come from another seed, or from none twice', async () => {
    const options = ['generate', 'run', '--prompt', 'the', '--tokens', '60', '--temperature', '2', '--threads', '1'];
    const seeded = (seed: string): Promise<string> => succeed([...options, '--seed', seed], cwd);
    // Two processes: in one alone, the second may well be told apart from the first.
    const unseeded = (): Promise<string> => succeedAlone(options, cwd);
    const texts = await Promise.all([seeded('1'), seeded('2'), unseeded(), unseeded()]);
    expect(new Set(texts).size).toBe(4);
  });
});

describe.concurrent('a process ends and says, to the last character, as the same command in the process of these tests:', () => {
  it.each<readonly string[]>([
    ['run', '--prompt', prompt, '--tokens', '30', '--seed', '9'],
    ['run/onnx/generate.onnx', '--prompt', prompt, '--tokens', '30', '--seed', '9'],
    ['run', '--token-ids', '1,2', '--tokens', '5', '--seed', '9'],
    ['nothing'],
    ['run', '--top-k', '99'],
    ['run', '--greedy', '--min-p', '0.1'],
  ])('%s %s %s', async (...args) => {
    const { signal, ...ending } = await runTrilu(['generate', ...args], cwd);
    expect([signal, ending]).toEqual([null, await trilu(['generate', ...args], cwd)]);
  });
});

/** The objects of lines of JSON. */
function objects(lines: string): Record<string, unknown>[] {
  expect(lines.endsWith('\n')).toBe(true);
  return lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe.concurrent('with --json', () => {
  const options = ['--prompt', 'the', '--tokens', '15', '--seed', '4'];

  it('standard output is an object for each character of the continuation', async () => {
    const written = objects(await generate('run', ...options, '--json'));
    expect(written.map(({ text }) => text).join('')).toBe((await generate('run', ...options)).slice(3));
    for (const line of written) {
      expect(line).toEqual({ token: expect.any(Number), text: expect.any(String), logprob: expect.any(Number) });
      expect(line.logprob).toBeLessThan(0);
    }
  });

  it('and --logprobs, each has its alternatives, the most probable first', async () => {
    for (const line of objects(await generate('run', ...options, '--logprobs', '3'))) {
      const { alternatives } = line;
      expect(alternatives).toHaveLength(3);
      if (!Array.isArray(alternatives)) throw new Error('a list was expected');
      const logprobs = alternatives.map(({ logprob }) => logprob);
      expect(logprobs).toEqual(logprobs.toSorted((one, other) => other - one));
      const [{ token, text, logprob }] = alternatives;
      expect(Object.keys(alternatives[0])).toEqual(['token', 'text', 'logprob']);
      expect(text).toHaveLength(1);
      if (token === line.token) expect([text, logprob]).toEqual([line.text, line.logprob]);
    }
  });

  it('and all characters as alternatives, the probabilities sum to 1', async () => {
    const { vocab } = JSON.parse(readFileSync(join(folder, 'run/trainer.json'), 'utf8')).tokenizer.model;
    const [line] = objects(
      await generate('run', ...options, '--tokens', '1', '--logprobs', `${Object.keys(vocab).length}`),
    );
    if (!Array.isArray(line?.alternatives)) throw new Error('a list was expected');
    const sum = line.alternatives.reduce((total: number, { logprob }) => total + Math.exp(logprob), 0);
    expect(sum).toBeCloseTo(1, 6);
  });

  it('tokens of a stop string are left out', async () => {
    const whole = (await generate('run', ...options)).slice(3);
    const stop = whole.slice(5, 8);
    const written = objects(await generate('run', ...options, '--json', '--stop', stop));
    expect(written.map(({ text }) => text).join('')).toBe(whole.slice(0, whole.indexOf(stop)));
  });
});

describe.concurrent('with --token-ids', () => {
  const options = ['--tokens', '12', '--seed', '6'];

  it('ids are continued by ids, by every source as by the text’s', async () => {
    const text = ['--prompt', 'the', ...options];
    const continuation = objects(await generate('run', ...text, '--json')).map(({ token }) => token);
    const [first] = objects(await generate('run', '--json', '--greedy', '--token-ids', '0', '--tokens', '1'));
    expect(first).toEqual({ token: expect.any(Number), logprob: expect.any(Number) });
    const { vocab } = JSON.parse(readFileSync(join(folder, 'run/trainer.json'), 'utf8')).tokenizer.model;
    const ids = [...'the'].map((character) => vocab[character]);
    const expected = `${[...ids, ...continuation].join(' ')}\n`;
    for (const source of [...sources, 'ids-decode.onnx', 'ids-generate.onnx']) {
      expect(await generate(source, '--token-ids', ids.join(','), ...options)).toBe(expected);
    }
    // Spaces do as well, so that what it printed may be given to it again.
    expect(await generate('run', '--token-ids', ` ${ids.join(' ')}`, ...options)).toBe(expected);
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
    [
      ['ids-decode.onnx', '--prompt', 'the'],
      /ids-decode\.onnx has no tokenizer of a kind that is known here \(characters\), .*: give it token ids \(--token-ids\)/,
    ],
    [
      ['ids-generate.onnx'],
      /ids-generate\.onnx has no tokenizer of a kind that is known here .*: give it token ids \(--token-ids\)/,
    ],
    [['ids-decode.onnx', '--token-ids', '1,99'], /The prompt has the token 99, but the model's tokens are from 0 to /],
    [['run/onnx/generate.onnx', '--token-ids', '99'], /The prompt has the token 99, but the model's tokens are from /],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await trilu(['generate', ...args], cwd);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^trilu: [^\n]+\.\n$/);
  });
});

describe.concurrent('options that can’t be are wrong usage, in one sentence that says what can', () => {
  it.each<[readonly string[], RegExp]>([
    [['run', '--temperature', '0'], /'0' is invalid\. It must be a number above 0\. .* use --greedy\./],
    [
      ['run', '--temperature', '-1'],
      /It must be a number above 0\. To always take the most probable character, use --greedy\./,
    ],
    [['run', '--temperature', 'NaN'], /It must be a number above 0\./],
    [['run', '--top-k', '99'], /topK is 99, but the vocabulary has \d+ tokens: choose at most that, or 0 for all\./],
    [['run/onnx/generate.onnx', '--top-k', '99'], /topK is 99, but the vocabulary has \d+ tokens/],
    [['run', '--top-p', '1.5'], /It must be a number above 0 and up to 1\./],
    [['run', '--min-p', '1.5'], /It must be a number from 0 to 1\./],
    [['run', '--min-p', '-0.1'], /It must be a number from 0 to 1\./],
    [['run', '--repetition-penalty', '0'], /It must be a number above 0\./],
    [['run', '--stop', ''], /It must be at least one character\./],
    [['run', '--logprobs', '0'], /It must be a whole number from 1\./],
    [['run', '--logprobs', '99'], /99 alternatives were asked for, but the vocabulary has \d+ tokens/],
    [['run', '--token-ids', '1,x'], /It must be token ids: whole numbers from 0, separated by commas\./],
    [
      ['run', '--token-ids', '1', '--prompt', 'the'],
      /'--token-ids <list>' cannot be used with option '--prompt <text>'/,
    ],
    [['run', '--greedy', '--min-p', '0.1'], /'--greedy' cannot be used with option '--min-p <share>'/],
    [
      ['run/onnx/generate.onnx', '--min-p', '0.1'],
      /is a generate program, which draws tokens by itself and does not support --min-p: give /,
    ],
    [
      ['run/onnx/generate.onnx', '--repetition-penalty', '2'],
      /does not support --repetition-penalty: give the model directory, /,
    ],
    [
      ['run/onnx/generate.onnx', '--json'],
      /does not support --json: give the model directory, decode\.onnx or forward\.onnx/,
    ],
    [['run/onnx/generate.onnx', '--logprobs', '2'], /does not support --logprobs: give the model directory/],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await trilu(['generate', ...args], cwd);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^trilu: [^\n]+\n$/);
  });
});
