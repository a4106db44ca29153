import { Argument, type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../errors.ts';
import { addJsonOption, positiveInteger } from './options.ts';

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
  /** How often the sides take turns. */
  readonly rounds?: number;
  /** How many characters are written. */
  readonly characters?: number;
  /** In which precision trilu's generate program is measured besides float32. */
  readonly dtype?: string;
  /** Whether the result is kept in the clone, and drawn. */
  readonly save?: boolean;
  readonly json?: boolean;
}

interface SubjectRow {
  readonly measures: string;
  /** The options that it has a use for. */
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
    measures: 'writing one character after another, beside PyTorch, llama.cpp and transformers.js',
    takes: [...sides, 'dtype', 'characters'],
  },
  prefill: { measures: 'reading a whole block, beside PyTorch and llama.cpp', takes: sides },
  export: { measures: "writing a model's programs, beside torch.onnx.export", takes: ['model', 'rounds', 'json'] },
  startup: { measures: 'how soon commands are done and programs are open', takes: ['model', 'rounds', 'json'] },
  scaling: {
    measures: 'time and memory by layers, width, block, batch and threads',
    takes: ['model', 'batch', 'rounds', 'json'],
  },
  all: { measures: 'all of the above but scaling, of gpt-nano and gpt', takes: ['threads', 'rounds', 'save', 'json'] },
  chart: { measures: 'nothing: draws the result that was kept last', takes: [] },
  profile: { measures: 'what the nodes of a training step cost', takes: training },
  web: { measures: 'opening gpt and training a small model in Chromium', takes: ['rounds', 'json'] },
};

function isSubject(name: string): name is BenchSubject {
  return Object.hasOwn(subjects, name);
}

/** Numbers of threads with commas between, each once. */
function threadCounts(text: string): readonly number[] {
  const counts = text.split(',').map((part) => (/^\s*\d+\s*$/.test(part) ? Number(part) : 0));
  if (counts.some((count) => count < 1 || !Number.isSafeInteger(count))) {
    throw new InvalidArgumentError('It must be whole numbers from 1 with commas between, such as 1,2.');
  }
  return [...new Set(counts)];
}

/** Gives `bench` its options; what it does is in actions/bench.ts. */
export function register(command: Command): void {
  command
    .addArgument(new Argument('[subject]', 'what to measure').choices(Object.keys(subjects)).default('train'))
    .option('--model <name>', 'the model to measure: gpt-nano or gpt')
    .option('--batch <number>', 'how many blocks a training step has', positiveInteger)
    .option('--steps-per-run <number>', 'training steps that one run of the graph makes', positiveInteger)
    .option('--threads <numbers>', 'CPU threads of each side, one number after another: 1,2', threadCounts)
    .option('--rounds <number>', 'how often the sides take turns', positiveInteger)
    .option('--characters <number>', 'how many characters are written (default: as many as fit)', positiveInteger)
    .option('--dtype <name>', 'another precision to write in besides fp32: fp16, int8, int4')
    .option('--save', 'keep the result in bench/results, and draw it for the README');
  addJsonOption(command)
    .addHelpText('after', () => `\n${helpText()}`)
    .action(async (subject: string, options: Omit<BenchOptions, 'subject'>) => {
      if (!isSubject(subject)) throw new TypeError(`commander let ${subject} through`);
      refuseUseless(subject, options);
      const { runBench } = await import('./actions/bench.ts');
      await runBench({ ...options, subject });
    });
}

function helpText(): string {
  const lines = Object.entries(subjects).map(([name, { measures, takes }]) => {
    const options = takes.map(optionName).join(' ');
    return `  ${name.padEnd(8)} ${measures}${options === '' ? '' : `\n           ${options}`}`;
  });
  return `Subjects, and the options that they take:
${lines.join('\n')}

Examples:
  trilu bench train
  trilu bench train --model gpt --threads 2 --rounds 3 --json
  trilu bench decode --model gpt --threads 1 --dtype int8
  trilu bench all --save

Sides take turns, A B A B, each in a process of its own. PyTorch is Debian's (apt-get install python3-torch
libopenblas0-openmp) or that of the Python named in TRILU_BENCH_PYTHON; llama.cpp and TensorFlow.js come with
\`npm install --prefix bench\`. What is missing is said, and left out.`;
}

/** @throws UserError for an option that the subject would ignore */
function refuseUseless(subject: BenchSubject, options: Omit<BenchOptions, 'subject'>): void {
  const { takes } = subjects[subject];
  const known: readonly string[] = ['debug', ...takes];
  const useless = Object.keys(options).find((name) => !known.includes(name));
  if (useless === undefined) return;
  const choice = takes.length === 0 ? 'no options' : takes.map(optionName).join(', ');
  throw new UserError(`bench ${subject} takes no ${optionName(useless)}; it takes ${choice}.`, { exitCode: 2 });
}

/** stepsPerRun → --steps-per-run */
function optionName(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
