import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../../errors.ts';
import type { CommandDefinition } from '../command.ts';
import { addJsonOption, positiveInteger } from '../options.ts';

/** What can be measured. */
export type BenchSubject =
  | 'train'
  | 'decode'
  | 'prefill'
  | 'export'
  | 'startup'
  | 'scaling'
  | 'all'
  | 'chart'
  | 'profile'
  | 'web';

/** What `bench` takes; unset options are each subject's own. */
export interface BenchOptions {
  /** What is measured. */
  readonly subject: BenchSubject;
  /** The model of the ladder that is measured. */
  readonly model?: string;
  /** How many blocks a training step has. */
  readonly batch?: number;
  /** How many training steps one run of the graph makes. */
  readonly stepsPerRun?: number;
  /** CPU threads of each side, one number after another. */
  readonly threads?: readonly number[];
  /** How often each side is measured. */
  readonly rounds?: number;
  /** How many characters are written. */
  readonly characters?: number;
  /** Another precision, besides float32, that trilu's generate program is measured in. */
  readonly dtype?: string;
  /** Whether the result is saved in bench/results and its chart is drawn. */
  readonly save?: boolean;
  readonly json?: boolean;
}

interface SubjectRow {
  readonly measures: string;
  /** The options that it uses. */
  readonly takes: readonly Exclude<keyof BenchOptions, 'subject'>[];
}

const sides = ['model', 'threads', 'rounds', 'json'] as const;
const training = ['model', 'batch', 'stepsPerRun', 'threads'] as const;

/** What each subject measures, and which options it takes. */
const subjects: Readonly<Record<BenchSubject, SubjectRow>> = {
  train: {
    measures: 'a training step, beside PyTorch, jax-js and TensorFlow.js',
    takes: [...training, 'rounds', 'json'],
  },
  decode: {
    measures: 'generating one character at a time, beside PyTorch, llama.cpp and transformers.js',
    takes: [...sides, 'dtype', 'characters'],
  },
  prefill: { measures: 'reading a whole block, beside PyTorch and llama.cpp', takes: sides },
  export: { measures: "writing a model's programs, beside torch.onnx.export", takes: ['model', 'rounds', 'json'] },
  startup: { measures: 'how long commands take, and opening programs', takes: ['model', 'rounds', 'json'] },
  scaling: {
    measures: 'time and memory by layers, width, block, batch and threads',
    takes: ['model', 'batch', 'rounds', 'json'],
  },
  all: { measures: 'all of the above but scaling, of gpt-nano and gpt', takes: ['threads', 'rounds', 'save', 'json'] },
  chart: { measures: 'nothing: draws the last saved result', takes: [] },
  profile: { measures: 'the time of each node of a training step', takes: training },
  web: { measures: 'opening gpt and training a small model in Chromium', takes: ['rounds', 'json'] },
};

function isSubject(name: string): name is BenchSubject {
  return Object.hasOwn(subjects, name);
}

/** Parses a list of thread counts; each is kept once. */
function threadCounts(text: string): readonly number[] {
  const counts = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : 0));
  if (counts.some((count) => count < 1 || !Number.isSafeInteger(count))) {
    throw new InvalidArgumentError('It must be whole numbers from 1, separated by commas, such as 1,2.');
  }
  return [...new Set(counts)];
}

export const benchCommand: CommandDefinition = {
  name: 'bench',
  description: 'measure speed side by side with other tools',
  register,
};

function register(command: Command): void {
  command
    .addArgument(new Argument('[subject]', 'what to measure').choices(Object.keys(subjects)).default('train'))
    .option('--model <name>', 'the model to measure: gpt-nano or gpt')
    .option('--batch <number>', 'blocks in a training step', positiveInteger)
    .option('--steps-per-run <number>', 'training steps in one run of the graph', positiveInteger)
    .option(
      '--threads <numbers>',
      'CPU threads of each side; each number of a list such as 1,2 is measured',
      threadCounts,
    )
    .option('--rounds <number>', 'how often each side is measured', positiveInteger)
    .option('--characters <number>', 'characters to write (default: as many as fit)', positiveInteger)
    .option('--dtype <name>', 'also measure this precision besides fp32: fp16, int8 or int4')
    .option('--save', 'save the result in bench/results, and draw the chart of the README');
  addJsonOption(command)
    .addHelpText('after', () => `\n${helpText()}`)
    .action(async (subject: string, options: Omit<BenchOptions, 'subject'>) => {
      if (!isSubject(subject)) throw new TypeError(`commander let ${subject} through`);
      refuseIgnoredOptions(subject, options);
      await runBenchmarks({ ...options, subject });
    });
}

function helpText(): string {
  const lines = Object.entries(subjects).map(([name, { measures, takes }]) => {
    const options = takes.map(optionName).join(' ');
    return `  ${name.padEnd(8)} ${measures}${options === '' ? '' : `\n           ${options}`}`;
  });
  return `Subjects and their options:
${lines.join('\n')}

Examples:
  trilu bench train
  trilu bench train --model gpt --threads 2 --rounds 3 --json
  trilu bench decode --model gpt --threads 1 --dtype int8
  trilu bench all --save

The sides are measured in turn (A B A B), each in its own process. PyTorch is Debian's (apt-get install python3-torch
libopenblas0-openmp) or that of the Python named in TRILU_BENCH_PYTHON; llama.cpp and TensorFlow.js come with
\`npm install --prefix bench\`. Tools that are not installed are named and left out.`;
}

/** @throws UserError for an option that the subject does not use */
function refuseIgnoredOptions(subject: BenchSubject, options: Omit<BenchOptions, 'subject'>): void {
  const { takes } = subjects[subject];
  const known: readonly string[] = ['debug', ...takes];
  const ignored = Object.keys(options).find((name) => !known.includes(name));
  if (ignored === undefined) return;
  const choice = takes.length === 0 ? 'no options' : takes.map(optionName).join(', ');
  throw new UserError(`bench ${subject} takes no ${optionName(ignored)}; it takes ${choice}.`, { exitCode: 2 });
}

/** stepsPerRun → --steps-per-run */
function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

const script = join('bench', 'main.ts');

/**
 * Runs the benchmarks of the clone that this file is in. They are not part of the package: they compare trilu with other libraries,
 * and need the clone's development packages.
 * @throws UserError outside a clone, or where its development packages are missing
 */
async function runBenchmarks(options: BenchOptions): Promise<void> {
  const { spawn } = await import('node:child_process');
  const clone = cloneOf(fileURLToPath(import.meta.url));
  if (clone === undefined) {
    throw new UserError(
      'The benchmarks are not part of the installed package: clone the repository and run `npm ci && npm run bench` there.',
    );
  }
  const given = ['--import', loader(clone), join(clone, script), JSON.stringify(options)];
  const child = spawn(process.execPath, given, { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  process.exitCode = typeof code === 'number' ? code : 1;
}

/** The nearest folder above a file that contains the benchmarks. */
function cloneOf(file: string): string | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, script))) return folder;
  }
  return undefined;
}

/** The URL of tsx, which lets Node run TypeScript. */
function loader(clone: string): string {
  try {
    return pathToFileURL(createRequire(join(clone, script)).resolve('tsx')).href;
  } catch (error) {
    throw new UserError('The benchmarks need the development packages: run `npm ci` in the clone.', { cause: error });
  }
}
