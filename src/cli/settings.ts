import type { Initialization, ModelConfig } from '../../models/index.ts';
import type { AdamWOptions } from '../train/adamw.ts';
import { type PresetName, presetNames } from '../trainer/presets.ts';
import type { TrainingSetup } from '../trainer/setup.ts';
import { type NumberKind, type NumberRule, numberRules } from './options.ts';

/** Every hyperparameter of a run. What is unset has the preset's value or, when resuming, the run's own. */
export interface TrainSettings {
  /** Settings whose losses are published; what is set beside it goes before it. */
  readonly preset?: PresetName;
  /** Steps in all, counted from the start of the run. */
  readonly steps?: number;
  /** Blocks in a step. */
  readonly batch?: number;
  readonly parts?: number;
  readonly seed?: number;
  readonly rng?: TrainingSetup['rng'];

  /** Tokens that the model sees at once. */
  readonly block?: number;
  readonly layers?: number;
  readonly heads?: number;
  /** The width of the residual stream. */
  readonly embedding?: number;
  /** The share of activations that dropout sets to 0. */
  readonly dropout?: number;
  readonly bias?: boolean;
  readonly tied?: boolean;
  readonly activation?: ModelConfig['activation'];
  readonly initialization?: Initialization;
  readonly attentionScale?: ModelConfig['attentionScale'];
  readonly average?: ModelConfig['average'];

  /** The highest learning rate, after the warm-up. */
  readonly learningRate?: number;
  /** Where the cosine ends. */
  readonly minimumLearningRate?: number;
  /** Steps in which the learning rate rises from 0. */
  readonly warmUp?: number;
  /** The step at which the cosine ends. */
  readonly decaySteps?: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
  readonly decayed?: AdamWOptions['decayed'];
  /** The highest global norm of the gradient; 0 is no limit. */
  readonly clip?: number;
  readonly onDivergence?: TrainingSetup['onDivergence'];

  /** Steps between evaluations; 0 is never. */
  readonly evalEvery?: number;
  /** Batches in an evaluation. */
  readonly evalBatches?: number;
  /** Evaluations without a lower validation loss after which the run ends; 0 is never. */
  readonly patience?: number;
  /** Steps between samples; 0 is never. */
  readonly sampleEvery?: number;
  /** Steps between checkpoints; 0 is never. */
  readonly checkpointEvery?: number;
  /** Checkpoints kept besides the last. */
  readonly keep?: number;
  /** Training steps in one run of the graph. */
  readonly stepsPerRun?: number;
}

/** What a setting may be. */
export type SettingValues =
  | { readonly kind: 'number'; readonly rule: NumberRule; readonly argument?: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly argument: string }
  /** `off` is what it means to be turned off. */
  | { readonly kind: 'switch'; readonly off: string };

/** One hyperparameter: its place in the help, and whether a run that goes on may have another than it began with. */
export interface SettingRow {
  readonly group: 'Run' | 'Model' | 'Optimizer (AdamW)' | 'Reports';
  readonly description: string;
  readonly values: SettingValues;
  readonly changeable?: true;
  /** The stages that have it; unset is all. */
  readonly stages?: readonly string[];
}

const number = (rule: NumberKind, argument = 'number'): SettingValues => ({
  kind: 'number',
  rule: numberRules[rule],
  argument,
});
const choice = (argument: string, ...choices: readonly string[]): SettingValues => ({
  kind: 'choice',
  choices,
  argument,
});
const onOrOff = (off: string): SettingValues => ({ kind: 'switch', off });

const gptStages = ['gpt-nano', 'gpt'];
const layered = ['residual', 'layer-norm', ...gptStages];
const headed = ['multi-head', 'feed-forward', ...layered];
const attending = ['head', ...headed];

const run = { group: 'Run' } as const;
const model = { group: 'Model' } as const;
const optimizer = { group: 'Optimizer (AdamW)' } as const;
const reports = { group: 'Reports', changeable: true } as const;

/** All hyperparameters, in the order of the help. On the command line `warmUp` is --warm-up, in a JSON file warm_up. */
export const settingRows: Readonly<Record<keyof TrainSettings, SettingRow>> = {
  preset: { ...run, values: choice('name', ...presetNames), description: 'settings with published losses' },
  steps: { ...run, values: number('positiveInteger'), description: 'steps in all', changeable: true },
  batch: { ...run, values: number('positiveInteger'), description: 'blocks in a step' },
  parts: {
    ...run,
    values: number('positiveInteger'),
    description:
      'parts of a batch, one after another, gradients accumulated (default: about 1,024 tokens each on a CPU, else 1)',
  },
  seed: { ...run, values: number('seed'), description: 'what random numbers start from' },
  rng: {
    ...run,
    values: choice('kind', 'trilu', 'torch'),
    description: "whose random numbers choose the blocks: ours, or PyTorch's",
  },

  block: { ...model, values: number('positiveInteger'), description: 'characters that the model sees at once' },
  layers: { ...model, values: number('positiveInteger'), description: 'layers', stages: layered },
  heads: { ...model, values: number('positiveInteger'), description: 'attention heads of a layer', stages: headed },
  embedding: {
    ...model,
    values: number('positiveInteger'),
    description: 'width of the residual stream',
    stages: ['average', ...attending],
  },
  dropout: {
    ...model,
    values: number('fraction', 'share'),
    description: 'share of activations set to 0',
    stages: attending,
  },
  bias: { ...model, values: onOrOff('no biases there'), description: 'biases in the GPT stages', stages: gptStages },
  tied: {
    ...model,
    values: onOrOff('an output layer of its own there'),
    description: 'the token embedding as output layer in the GPT stages',
    stages: gptStages,
  },
  activation: {
    ...model,
    values: choice('name', 'gelu', 'gelu_new', 'relu'),
    description: "the GPT stages' activation",
    stages: gptStages,
  },
  initialization: {
    ...model,
    values: choice('kind', 'scaled', 'gpt2', 'torch'),
    description: "how weights begin: scaled to their inputs, N(0, 0.02), or PyTorch's default",
  },
  attentionScale: {
    ...model,
    values: choice('width', 'head', 'embedding'),
    description: 'whose width scores are scaled by; the GPT stages: head',
    stages: attending,
  },
  average: {
    ...model,
    values: choice('form', 'softmax', 'matmul'),
    description: 'how the stage average takes its mean',
    stages: ['average'],
  },

  learningRate: { ...optimizer, values: number('positiveNumber'), description: 'the highest learning rate' },
  minimumLearningRate: { ...optimizer, values: number('nonNegativeNumber'), description: 'where the cosine ends' },
  warmUp: {
    ...optimizer,
    values: number('nonNegativeInteger', 'steps'),
    description: 'steps in which the learning rate rises',
  },
  decaySteps: {
    ...optimizer,
    values: number('positiveInteger', 'steps'),
    description: "the step at which the cosine ends (default: the preset's steps)",
  },
  beta1: { ...optimizer, values: number('fraction', 'share'), description: 'decay of the first moments' },
  beta2: { ...optimizer, values: number('fraction', 'share'), description: 'decay of the second moments' },
  epsilon: { ...optimizer, values: number('positiveNumber'), description: 'what keeps the division by a root from 0' },
  weightDecay: { ...optimizer, values: number('nonNegativeNumber'), description: 'weight decay' },
  decayed: {
    ...optimizer,
    values: choice('which', 'matrices', 'all'),
    description: 'what decays: tensors of 2 or more dimensions, or all',
  },
  clip: {
    ...optimizer,
    values: number('nonNegativeNumber', 'norm'),
    description: 'highest global norm of the gradient (0 = no limit)',
  },
  onDivergence: {
    ...optimizer,
    values: choice('what', 'stop', 'skip'),
    description: 'at a loss or gradient that is not finite: stop, or skip the step',
    changeable: true,
  },

  evalEvery: {
    ...reports,
    values: number('nonNegativeInteger', 'steps'),
    description: 'steps between evaluations (0 = never)',
  },
  evalBatches: { ...reports, values: number('positiveInteger'), description: 'batches in an evaluation' },
  patience: {
    ...reports,
    values: number('nonNegativeInteger', 'evaluations'),
    description: 'end after so many without a lower validation loss (0 = never)',
  },
  sampleEvery: {
    ...reports,
    values: number('nonNegativeInteger', 'steps'),
    description: 'steps between samples (0 = never)',
  },
  checkpointEvery: {
    ...reports,
    values: number('nonNegativeInteger', 'steps'),
    description: 'steps between checkpoints (0 = never)',
  },
  keep: { ...reports, values: number('nonNegativeInteger'), description: 'checkpoints kept besides the last' },
  stepsPerRun: { ...reports, values: number('positiveInteger'), description: 'training steps in one run of the graph' },
};

/** The rows with their names. */
export function settingEntries(): readonly (readonly [name: keyof TrainSettings, row: SettingRow])[] {
  return Object.entries(settingRows) as [keyof TrainSettings, SettingRow][];
}

/** Whether a stage has what a setting sets. */
export function concerns(name: keyof TrainSettings, stage: string): boolean {
  return settingRows[name].stages?.includes(stage) ?? true;
}

/** `learningRate` as the command line has it: --learning-rate. */
export function flagOf(name: keyof TrainSettings): string {
  return `--${words(name).join('-')}`;
}

/** `learningRate` as a JSON file has it: learning_rate. */
export function keyOf(name: keyof TrainSettings): string {
  return words(name).join('_');
}

function words(name: string): readonly string[] {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).split(' ');
}
