import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inProcess, type Outcome } from './in-process.ts';

const repository = resolve(import.meta.dirname, '../..');
const commands = [
  'start',
  'train',
  'export',
  'import',
  'generate',
  'evaluate',
  'inspect',
  'ladder',
  'devices',
  'bench',
] as const;

/** A built copy of the command line whose commands only tell what they were given, or fail as they are told to. */
let copy = '';
let main = '';

/** Where the work of a command is done that is more than its own file holds, and by which function. */
const work = [
  ['first-model', 'trainExportAndWrite'],
  ['train/training-session', 'trainAndPrint'],
  ['export/export-models', 'exportAndPrint'],
  ['generate/continuation', 'writeContinuation'],
  ['measure-loss', 'measureLoss'],
  ['ladder/climb-ladder', 'climbLadder'],
] as const;

/** A function that prints its options; with the data FAIL, USER, MANY it does what the name says. */
function pretend(name: string, depth: number): string {
  return `
import { UserError } from '${'../'.repeat(depth)}errors.js';
export async function ${name}(options) {
  if (options.data === 'FAIL') throw new Error('the first line\\nthe second', { cause: new Error('deeper') });
  if (options.data === 'USER') throw new UserError('The text is too short.');
  if (options.data === 'WRONG') throw new UserError('There is no such model.', { exitCode: 2 });
  if (options.data === 'MANY') for (let line = 0; line < 100000; line += 1) process.stdout.write('line ' + line + '\\n');
  if (options.data === 'LEFTOVER') { setInterval(() => {}, 1000); throw new UserError('Something stays behind.'); }
  process.stdout.write(JSON.stringify(options) + '\\n');
}
`;
}

beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), 'trilu-shell-'));
  main = join(copy, 'dist/src/cli/main.js');
  await cp(join(repository, 'package.json'), join(copy, 'package.json'));
  await symlink(join(repository, 'node_modules'), join(copy, 'node_modules'));
  for (const folder of ['dist/src', 'dist/models']) {
    await cp(join(repository, folder), join(copy, folder), { recursive: true });
  }
  for (const [file, name] of work) {
    await writeFile(join(copy, `dist/src/cli/${file}.js`), pretend(name, file.split('/').length));
  }
  await writeFile(join(copy, 'dist/src/runtime/node/available.js'), 'export const devices = async () => [];');
  await mkdir(join(copy, 'bench'));
  await writeFile(join(copy, 'bench/main.ts'), 'console.log(process.argv[2] as string);');
});
afterAll(() => rm(copy, { recursive: true, force: true }));

interface Ending {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built command line as a process of its own. `input` is piped in; undefined is no standard input at all. */
function trilu(args: readonly string[], input?: string): Promise<Ending> {
  return new Promise((settle, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (chunk) => (stdout += chunk));
    child.stderr?.on('data', (chunk) => (stderr += chunk));
    child.on('error', reject);
    child.on('close', (code) => settle({ code, stdout, stderr }));
    child.stdin?.end(input);
  });
}

/** Runs it in this process. */
function here(args: readonly string[]): Promise<Outcome> {
  return inProcess(args, copy, join(copy, 'dist/src/cli'));
}

async function optionsOf(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await here(args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(stdout);
}

/** Of what works, only the lists that help shows. */
const lists = /dist\/src\/(runtime\/devices\/[\w/-]+|runtime\/node\/machine|export\/opsets|programs\/program)\.js/g;
const nothingElse =
  /onnxruntime|protobufjs|valibot|dist\/src\/(graph|model|runtime|onnx|train|trainer|export|programs|cli\/(train|export))\/|dist\/models/;

describe('help', () => {
  it('lists every command on standard output', async () => {
    const { code, stdout, stderr } = await trilu(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} .+`, 'm'));
  });

  it.each(commands)('of %s shows examples and comes quickly', async (command) => {
    const { code, stdout, stderr } = await here([command, '--help']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`Examples:\n  trilu ${command}`);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
  });

  it('goes to standard error, with exit code 2, when no command is given', async () => {
    const { code, stdout, stderr } = await trilu([]);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Usage: trilu /);
  });

  it.each([
    [['--help'], nothingElse],
    [['export', '--help'], nothingElse],
    // What can be set comes from the models and the optimizers themselves.
    [['train', '--help'], /onnxruntime|protobufjs|dist\/src\/(runtime|onnx|export|programs|cli\/(train|export))\//],
  ])('loads nothing but the shell: %o', async (command, other) => {
    const { stderr } = await new Promise<{ stderr: string }>((settle) => {
      execFile(
        process.execPath,
        [main, ...command],
        { env: { ...process.env, NODE_DEBUG: 'esm' } },
        (_error, _stdout, text) => settle({ stderr: text }),
      );
    });
    expect(stderr).toMatch(/dist\/src\/cli\/command-line\.js/);
    expect(stderr.replaceAll(lists, '')).not.toMatch(other);
  });

  it('of a command is the same by its name after help', async () => {
    for (const command of ['train', 'export']) {
      expect(await here(['help', command])).toEqual(await here([command, '--help']));
    }
  });
});

it('--version prints the version of package.json', async () => {
  const { version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
  expect(await trilu(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('wrong usage ends with exit code 2 and one line that says where help is', () => {
  it.each<[readonly string[], string]>([
    [['trian'], "Unknown command 'trian' (Did you mean train?) Try: trilu --help"],
    [['train', '--stesp', '5'], "Unknown option '--stesp' (Did you mean --steps?) Try: trilu train --help"],
    [['generate'], "Missing required argument 'source'. Try: trilu generate --help"],
    [
      ['evaluate', 'run', 'more'],
      "Too many arguments for 'evaluate'. Expected 1 argument but got 2. Try: trilu evaluate --help",
    ],
    [['train', '--steps'], "Option '--steps <number>' argument missing. Try: trilu train --help"],
    [
      ['generate', 'run', '--greedy', '--top-k', '5'],
      "Option '--greedy' cannot be used with option '--top-k <number>'. Try: trilu generate --help",
    ],
  ])('%j', async (args, message) => {
    expect(await trilu(args)).toEqual({ code: 2, stdout: '', stderr: `trilu: ${message}\n` });
  });

  it.each<[readonly string[], string]>([
    [['train', '--steps', '0'], 'a whole number from 1'],
    [['train', '--steps', '1.5'], 'a whole number from 1'],
    [['train', '--batch', '12x'], 'a whole number from 1'],
    [['train', '--eval-every', '-1'], 'a whole number from 0'],
    [['train', '--learning-rate', '0'], 'a number above 0'],
    [['train', '--learning-rate', 'fast'], 'a number above 0'],
    [['train', '--weight-decay', '-0.1'], 'a number from 0'],
    [['train', '--dropout', '1'], 'a number from 0 and below 1'],
    [['train', '--seed', '2147483648'], 'a whole number from 0 to 2147483647'],
    [['train', '--threads', '0x2'], 'a whole number from 1'],
    [['export', '--opset', '16'], 'a whole number from 17 to 26'],
    [['export', '--opset', '27'], 'a whole number from 17 to 26'],
    [['export', '--static', '64'], 'two whole numbers from 1, separated by a comma: batch,time'],
    [['export', '--static', '1,0'], 'two whole numbers from 1, separated by a comma: batch,time'],
    [['generate', 'run', '--top-p', '0'], 'a number above 0 and up to 1'],
    [['generate', 'run', '--temperature', ''], 'a number above 0'],
    [['generate', 'run', '--temperature', 'Infinity'], 'a number above 0'],
  ])('%j', async (args, allowed) => {
    const { code, stdout, stderr } = await here(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^trilu: Option '--.*' argument '.*' is invalid\. It must be [^\n]*\. Try: trilu \w+ --help\n$/,
    );
    expect(stderr).toContain(`It must be ${allowed}.`);
  });

  it.each<[readonly string[], RegExp]>([
    [
      ['train', '--device', 'tpu'],
      /Allowed choices are auto, cuda, webgpu, cpu, wasm, or a module that defines a device\./,
    ],
    [['export', '--dtype', 'fp8'], /Allowed choices are fp32, fp16, int8, int4\./],
    [['export', '--program', 'forward,fast'], /There is no program 'fast'; choose from forward, decode,/],
    [['export', '--program', 'forward,,train'], /A name is missing; choose from forward, decode,/],
    [['evaluate', 'run', '--split', 'test'], /Allowed choices are validation, training, all\./],
    [
      ['bench', 'everything'],
      /Allowed choices are train, decode, prefill, export, startup, scaling, all, chart, profile, web\./,
    ],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await here(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^trilu: [^\n]* --help\n$/);
  });
});

describe('options reach the action', () => {
  it('of train, and only those that were given', async () => {
    expect(await optionsOf('train')).toEqual({ tensorboard: true });
    expect(
      await optionsOf(
        ...[
          'train',
          'gpt-nano',
          '--data',
          'a.txt',
          '--out',
          'runs/a',
          '--steps',
          '200',
          '--batch',
          '12',
          '--block',
          '64',
        ],
        ...['--learning-rate', '1e-3', '--minimum-learning-rate', '1e-4', '--warm-up', '100', '--seed', '0'],
        ...['--parts', '3', '--rng', 'torch', '--no-bias', '--tied', '--activation', 'relu', '--patience', '5'],
        ...['--attention-scale', 'head', '--initialization', 'torch', '--epsilon', '1e-8', '--decayed', 'all'],
        ...['--on-divergence', 'skip', '--keep', '3', '--preset', 'nanogpt', '--config', 'c.json', '--no-tensorboard'],
        ...['--weight-decay', '.1', '--beta1', '0.9', '--beta2', '0.99', '--clip', '0', '--dropout', '0.2'],
        ...['--layers', '2', '--heads', '2', '--embedding', '16', '--eval-every', '0', '--eval-batches', '4'],
        ...[
          '--sample-every',
          '0',
          '--checkpoint-every',
          '0',
          '--steps-per-run',
          '10',
          '--device',
          'cpu',
          '--threads',
          '2',
        ],
      ),
    ).toEqual({
      model: 'gpt-nano',
      data: 'a.txt',
      out: 'runs/a',
      steps: 200,
      batch: 12,
      block: 64,
      learningRate: 1e-3,
      minimumLearningRate: 1e-4,
      warmUp: 100,
      seed: 0,
      weightDecay: 0.1,
      beta1: 0.9,
      beta2: 0.99,
      clip: 0,
      dropout: 0.2,
      layers: 2,
      heads: 2,
      embedding: 16,
      evalEvery: 0,
      evalBatches: 4,
      sampleEvery: 0,
      checkpointEvery: 0,
      stepsPerRun: 10,
      device: 'cpu',
      threads: 2,
      parts: 3,
      rng: 'torch',
      bias: false,
      tied: true,
      activation: 'relu',
      patience: 5,
      attentionScale: 'head',
      initialization: 'torch',
      epsilon: 1e-8,
      decayed: 'all',
      onDivergence: 'skip',
      keep: 3,
      preset: 'nanogpt',
      config: 'c.json',
      tensorboard: false,
    });
    expect(await optionsOf('train', '--resume', 'runs/a')).toEqual({ resume: 'runs/a', tensorboard: true });
  });

  it('of the others, with their defaults', async () => {
    expect(await optionsOf('start', '--steps', '5')).toEqual({ steps: 5, tensorboard: true });
    expect(await optionsOf('ladder', '--stages', 'head, bigram')).toEqual({
      out: 'runs/ladder',
      stages: ['bigram', 'head'],
    });
    expect(await optionsOf('export')).toEqual({ dtype: 'fp32', format: 'onnx' });
    expect(await optionsOf('export', 'run', '--static', '2, 64', '--attention', 'fused', '--external-data')).toEqual({
      source: 'run',
      dtype: 'fp32',
      format: 'onnx',
      static: { batch: 2, time: 64 },
      attention: 'fused',
      externalData: true,
    });
    expect(
      await optionsOf('export', 'gpt', '--program', 'train, forward,train', '--opset', '17', '--taps', 'attention'),
    ).toEqual({
      source: 'gpt',
      program: ['train', 'forward'],
      opset: 17,
      dtype: 'fp32',
      format: 'onnx',
      taps: 'attention',
    });
    expect(await optionsOf('evaluate', 'run', '--json')).toEqual({ source: 'run', split: 'validation', json: true });
    expect(await optionsOf('evaluate', 'run', '--device', 'cuda', '--cuda-device', '1', '--tf32')).toEqual({
      source: 'run',
      split: 'validation',
      device: 'cuda',
      cudaDevice: 1,
      tf32: true,
    });
    expect(await optionsOf('devices', '--json')).toEqual([]);
    expect(JSON.parse((await trilu(['bench', '--rounds', '3'])).stdout)).toEqual({ subject: 'train', rounds: 3 });
  });

  it('of generate, with a prompt that looks like an option and one that is empty', async () => {
    const sampling = ['--tokens', '9', '--temperature', '0.8', '--top-k', '0', '--top-p', '1', '--seed', '3'];
    expect(await optionsOf('generate', 'run', '--prompt=--help', ...sampling)).toEqual({
      source: 'run',
      prompt: '--help',
      tokens: 9,
      temperature: 0.8,
      topK: 0,
      topP: 1,
      seed: 3,
    });
    expect(await optionsOf('generate', 'run', '--prompt', '')).toEqual({ source: 'run', prompt: '', tokens: 500 });
  });
});

describe('the prompt of generate', () => {
  it.each<[string, readonly string[], string | undefined, string | undefined]>([
    ['comes from a pipe, exactly', [], 'Ahab 🐋\r\n', 'Ahab 🐋\r\n'],
    ['comes from a pipe with -', ['--prompt', '-'], 'Ahab', 'Ahab'],
    ['is the option’s even when something is piped', ['--prompt', 'Queequeg'], 'Ahab', 'Queequeg'],
    ['is none when the pipe is empty', [], '', undefined],
    ['is none when there is no standard input', [], undefined, undefined],
  ])('%s', async (_, args, input, prompt) => {
    const { stdout } = await trilu(['generate', 'run', ...args], input);
    expect(JSON.parse(stdout)).toEqual({ source: 'run', tokens: 500, ...(prompt === undefined ? {} : { prompt }) });
  });

  it('is refused when it was asked for and is empty', async () => {
    expect(await trilu(['generate', 'run', '--prompt', '-'], '')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'trilu: The prompt from standard input is empty: it needs some text.\n',
    });
  });
});

describe('an action that fails', () => {
  it('with a mistake of the user says it alone', async () => {
    expect(await trilu(['train', '--data', 'USER'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'trilu: The text is too short.\n',
    });
    expect(await trilu(['train', '--data', 'WRONG'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'trilu: There is no such model.\n',
    });
  });

  it('with anything else says one line, and the stack with --debug', async () => {
    expect(await trilu(['train', '--data', 'FAIL'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'trilu: the first line the second (run again with --debug for the stack)\n',
    });
    const { code, stderr } = await trilu(['train', '--data', 'FAIL', '--debug']);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^trilu: the first line the second\nError: the first line\n[\s\S]*at .*training-session\.js:[\s\S]*\nCaused by: Error: deeper\n/,
    );
  });

  it('ends the process although something is still running', async () => {
    expect(await trilu(['train', '--data', 'LEFTOVER'])).toMatchObject({
      code: 1,
      stderr: 'trilu: Something stays behind.\n',
    });
  });
});

it('ends quietly when the reader of its output goes away', async () => {
  const child = spawn(process.execPath, [main, 'train', '--data', 'MANY'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += chunk));
  child.stdout.once('data', () => child.stdout.destroy());
  const code = await new Promise((settle) => child.on('close', settle));
  expect([code, stderr]).toEqual([0, '']);
});
