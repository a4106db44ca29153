import { type Command, InvalidArgumentError, Option } from 'commander';
import { highestOpset, lowestOpset } from '../export/opsets.ts';
import { type ProgramName, programNames } from '../programs/program.ts';
import type { DeviceOption } from '../runtime/devices/device.ts';
import { nodeDevices } from '../runtime/devices/node/node-devices.ts';
import type { OpenOptions } from '../runtime/session.ts';

/** How large the tokens of a file are. */
export interface SizePair {
  readonly batch: number;
  readonly time: number;
}

/** What every command that runs a model takes; and, under the names of their flags, the options that only one device takes. */
export interface RunningOptions {
  /** The name of a device, or a module that defines one; unset is `auto`. */
  readonly device?: string;
  /** How many CPU threads one operator may use; unset lets the runtime choose. */
  readonly threads?: number;
}

/** Seeds are int32 inputs of the graphs, so they end where int32 does. */
const highestSeed = 2 ** 31 - 1;

const wholeNumber = /^[+-]?\d+$/;
const decimalNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** How numbers are written on the command line. */
export const numberForms = { whole: wholeNumber, decimal: decimalNumber } as const;

/** A kind of number: how it is written, which values are allowed, and that in words. */
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
  /** The probability that top-p keeps. */
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
  /** The seed of random numbers. */
  seed: {
    form: wholeNumber,
    allowed: `a whole number from 0 to ${highestSeed}`,
    holds: (value) => Number.isInteger(value) && value >= 0 && value <= highestSeed,
  },
};

/** A commander parser for one kind of number. Its message follows commander's "option '--x <n>' argument 'y' is invalid." */
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
  allowed: `a whole number from ${lowestOpset} to ${highestOpset}`,
  holds: (value) => value >= lowestOpset && value <= highestOpset,
});

/** Parses names of programs; each is kept once, in the order given. */
export function programList(text: string): readonly ProgramName[] {
  const names = text.split(',').map((name) => name.trim());
  const known = names.filter((name): name is ProgramName => programNames.some((program) => program === name));
  const unknown = names.find((name) => !programNames.some((program) => program === name));
  if (unknown !== undefined) {
    const what = unknown === '' ? 'A name is missing' : `There is no program '${unknown}'`;
    throw new InvalidArgumentError(`${what}; choose from ${programNames.join(', ')}, with commas between.`);
  }
  return [...new Set(known)];
}

/** Parses two sizes, batch and time. */
export function sizePair(text: string): SizePair {
  const [batch = Number.NaN, time = Number.NaN, ...more] = text
    .split(',')
    .map((part) => (wholeNumber.test(part.trim()) ? Number(part) : Number.NaN));
  if (more.length > 0 || !(batch >= 1) || !(time >= 1)) {
    throw new InvalidArgumentError('It must be two whole numbers from 1, separated by a comma: batch,time.');
  }
  return { batch, time };
}

/** Whether a value of --device is the path of a module that defines a device, rather than the name of one. */
export function isDeviceModule(device: string): boolean {
  return /[\\/]|\.[cm]?[jt]s$/.test(device);
}

function deviceChoice(text: string): string {
  const { choices } = nodeDevices;
  if (choices.includes(text) || isDeviceModule(text)) return text;
  throw new InvalidArgumentError(`Allowed choices are ${choices.join(', ')}, or a module that defines a device.`);
}

/** An option that only one device takes. */
interface DeviceOptionRow {
  /** The device's name. */
  readonly device: string;
  /** The option's key among the device's own. */
  readonly key: string;
  readonly option: Option;
}

/** The options that only one device takes, made anew: a command changes those that it is given. */
function deviceOptions(): readonly DeviceOptionRow[] {
  return nodeDevices.all.flatMap(({ name, options = {} }) =>
    Object.entries(options).map(([key, option]) => ({ device: name, key, option: optionOf(option) })),
  );
}

function optionOf({ flag, kind, description }: DeviceOption): Option {
  if (kind === 'switch') return new Option(flag, description);
  return new Option(`${flag} <number>`, description).argParser(nonNegativeInteger);
}

/** Adds --device, --threads and the options that only one device takes. */
export function addRunningOptions(command: Command): Command {
  command
    .addOption(
      new Option('--device <name>', 'the device to run on (default: auto, the best that works)')
        .choices(nodeDevices.choices)
        .argParser(deviceChoice),
    )
    .option('--threads <number>', 'threads of one operator on cpu and wasm', positiveInteger);
  for (const { option } of deviceOptions()) command.addOption(option);
  return command;
}

/** The options of running among a command's, for a command that is a part of it. */
export function runningOptions(options: RunningOptions): RunningOptions {
  const names = new Set(['device', 'threads', ...deviceOptions().map(({ option }) => option.attributeName())]);
  return Object.fromEntries(Object.entries(options).filter(([name]) => names.has(name)));
}

/** What `open` takes of a command's options. */
export function openOptions(options: RunningOptions): OpenOptions {
  const { device, threads } = options;
  const own = new Map<string, Record<string, unknown>>();
  for (const { device: owner, key, option } of deviceOptions()) {
    const value: unknown = Reflect.get(options, option.attributeName());
    if (value !== undefined) own.set(owner, { ...own.get(owner), [key]: value });
  }
  return {
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...Object.fromEntries(own),
  };
}

/** Adds --model. */
export function addModelOption(command: Command): Command {
  return command.option(
    '--model <module>',
    'the module that defines the model, where it is not where the directory says, or the tokenizer of a file',
  );
}

/** Adds --json. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print the result as JSON');
}
