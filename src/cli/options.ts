import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DeviceName } from '../runtime/session.ts';

/** A device to run on, or `auto` for the first that the machine has. */
export type DeviceChoice = 'auto' | DeviceName;

/** The parts of a text that a model can be measured on. */
export type Split = 'validation' | 'training' | 'all';

/** The kinds of graph that a model is exported as. */
export type ProgramName = 'forward' | 'decode' | 'generate' | 'evaluate' | 'train';

/** What every command that runs a model takes. */
export interface RunningOptions {
  /** Where it runs; unset is `auto`. */
  readonly device?: DeviceChoice;
  /** How many CPU threads one operator may use; unset lets the runtime choose. */
  readonly threads?: number;
  /** Which of CUDA's GPUs; unset is the first. */
  readonly cudaDevice?: number;
  /** Whether CUDA may round to TF32; unset is no. */
  readonly tf32?: boolean;
}

const devices: readonly DeviceChoice[] = ['auto', 'cpu', 'cuda', 'webgpu', 'wasm'];
const programs: readonly ProgramName[] = ['forward', 'decode', 'generate', 'evaluate', 'train'];
const splits: readonly Split[] = ['validation', 'training', 'all'];

/** The oldest and the newest opset that files are written for; the newest is the highest that ONNX Runtime 1.30 accepts. */
const opsets = { lowest: 17, highest: 26 } as const;
/** Seeds are int32 inputs of the graphs, so they end where int32 does. */
const highestSeed = 2 ** 31 - 1;

const wholeNumber = /^[+-]?\d+$/;
const decimalNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** What a number may be: its form on the command line, its values, and both in words. */
export interface NumberRule {
  readonly form: RegExp;
  readonly allowed: string;
  readonly holds: (value: number) => boolean;
}

/** The kinds of number that options take. */
export type NumberKind =
  | 'positiveInteger'
  | 'nonNegativeInteger'
  | 'positiveNumber'
  | 'nonNegativeNumber'
  | 'probability'
  | 'fraction'
  | 'seed';

export const numberRules: Readonly<Record<NumberKind, NumberRule>> = {
  /** 1, 2, 3, … */
  positiveInteger: {
    form: wholeNumber,
    allowed: 'a whole number from 1',
    holds: (value) => value >= 1 && Number.isSafeInteger(value),
  },
  /** 0, 1, 2, … */
  nonNegativeInteger: {
    form: wholeNumber,
    allowed: 'a whole number from 0',
    holds: (value) => value >= 0 && Number.isSafeInteger(value),
  },
  positiveNumber: { form: decimalNumber, allowed: 'a number above 0', holds: (value) => value > 0 },
  nonNegativeNumber: { form: decimalNumber, allowed: 'a number from 0', holds: (value) => value >= 0 },
  /** The mass that top-p keeps. */
  probability: {
    form: decimalNumber,
    allowed: 'a number above 0 and up to 1',
    holds: (value) => value > 0 && value <= 1,
  },
  /** A dropout rate, a decay of moments. */
  fraction: {
    form: decimalNumber,
    allowed: 'a number from 0 and below 1',
    holds: (value) => value >= 0 && value < 1,
  },
  /** What random numbers start from. */
  seed: {
    form: wholeNumber,
    allowed: `a whole number from 0 to ${highestSeed}`,
    holds: (value) => Number.isInteger(value) && value >= 0 && value <= highestSeed,
  },
};

/** Makes commander's parser of one rule; the message follows commander's "option '--x <n>' argument 'y' is invalid." */
export function numberParser({ form, allowed, holds }: NumberRule): (text: string) => number {
  return (text) => {
    const value = form.test(text.trim()) ? Number(text) : Number.NaN;
    if (!Number.isFinite(value) || !holds(value)) throw new InvalidArgumentError(`It must be ${allowed}.`);
    return value;
  };
}

export const positiveInteger: (text: string) => number = numberParser(numberRules.positiveInteger);
export const nonNegativeInteger: (text: string) => number = numberParser(numberRules.nonNegativeInteger);
export const positiveNumber: (text: string) => number = numberParser(numberRules.positiveNumber);
export const nonNegativeNumber: (text: string) => number = numberParser(numberRules.nonNegativeNumber);
export const probability: (text: string) => number = numberParser(numberRules.probability);
export const seed: (text: string) => number = numberParser(numberRules.seed);

/** A version of ONNX's operators. */
export const opset: (text: string) => number = numberParser({
  form: wholeNumber,
  allowed: `a whole number from ${opsets.lowest} to ${opsets.highest}`,
  holds: (value) => value >= opsets.lowest && value <= opsets.highest,
});

/** Programs by name, with commas between; each is taken once, in the order given. */
export function programList(text: string): readonly ProgramName[] {
  const names = text.split(',').map((name) => name.trim());
  const known = names.filter((name): name is ProgramName => programs.some((program) => program === name));
  const unknown = names.find((name) => !programs.some((program) => program === name));
  if (unknown !== undefined) {
    const what = unknown === '' ? 'A name is missing' : `There is no program '${unknown}'`;
    throw new InvalidArgumentError(`${what}; choose from ${programs.join(', ')}, with commas between.`);
  }
  return [...new Set(known)];
}

/** How large the tokens of a file are. */
export interface SizePair {
  readonly batch: number;
  readonly time: number;
}

/** Two sizes with a comma between: batch and time. */
export function sizePair(text: string): SizePair {
  const [batch = Number.NaN, time = Number.NaN, ...more] = text
    .split(',')
    .map((part) => (wholeNumber.test(part.trim()) ? Number(part) : Number.NaN));
  if (more.length > 0 || !(batch >= 1) || !(time >= 1)) {
    throw new InvalidArgumentError('It must be two whole numbers from 1 with a comma between: batch,time.');
  }
  return { batch, time };
}

/** Adds --device, --threads and CUDA's options. */
export function addRunningOptions(command: Command): Command {
  return command
    .addOption(new Option('--device <name>', 'where to run (default: auto, the best that works)').choices(devices))
    .option('--threads <number>', 'threads for one operator on cpu and wasm', positiveInteger)
    .option('--cuda-device <number>', "which of CUDA's GPUs, from 0", nonNegativeInteger)
    .option('--tf32', 'let CUDA round to TF32: faster, less exact');
}

/** The options of running among a command's, for a command that is a part of it. */
export function runningOptions({ device, threads, cudaDevice, tf32 }: RunningOptions): RunningOptions {
  return {
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...(cudaDevice === undefined ? {} : { cudaDevice }),
    ...(tf32 === undefined ? {} : { tf32 }),
  };
}

/** Adds --json. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print the result as JSON');
}

/** Adds --split. */
export function addSplitOption(command: Command): Command {
  const option = new Option('--split <part>', 'the part of the text to measure on');
  return command.addOption(option.choices(splits).default('validation'));
}
