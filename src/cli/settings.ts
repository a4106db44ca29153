import { ladder } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import type { Model } from '../model/index.ts';
import type { SettingValue } from '../settings/setting.ts';
import { optimizers } from '../train/optimizers/index.ts';
import type { Optimizer } from '../train/optimizers/optimizer.ts';
import { type PresetName, presetNames } from '../train/trainer/presets.ts';
import type { TrainingSetup } from '../train/trainer/setup.ts';
import { withModelRows } from './model-settings.ts';
import { learningRateDefaults, optimizerRows } from './optimizer-settings.ts';
import { type NumberKind, numberRules } from './options.ts';
import type { SettingRow, SettingValues } from './setting-row.ts';

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

  /** The highest learning rate, after the warm-up. */
  readonly learningRate?: number;
  /** Where the cosine ends. */
  readonly minimumLearningRate?: number;
  /** Steps in which the learning rate rises from 0. */
  readonly warmUp?: number;
  /** The step at which the cosine ends. */
  readonly decaySteps?: number;
  /** An optimizer's name. */
  readonly optimizer?: string;
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
  /** What models (`layers`) and optimizers (`beta1`) have goes by the names of their own settings. */
  readonly [ofModelOrOptimizer: string]: SettingValue | undefined;
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

const run = { group: 'Run' } as const;
const optimizer = { group: 'Optimizer' } as const;
const reports = { group: 'Reports', changeable: true } as const;

type Rows = Readonly<Record<string, SettingRow>>;

/**
 * All hyperparameters. On the command line `warmUp` is --warm-up, in a JSON file warm_up. Made when they are asked for, because an
 * optimizer of one's own may have been defined by then.
 * @param models whose settings are among them: the ladder's unless told
 * @throws UserError when a setting of a model or an optimizer has the name of another hyperparameter
 */
export function settingRows(models: readonly Model[] = ladder, known: readonly Optimizer[] = optimizers()): Rows {
  const ofOptimizers = optimizerRows(known);
  const twice = Object.keys(rowsAround({})).find((name) => Object.hasOwn(ofOptimizers, name));
  if (twice === undefined) return withModelRows(rowsAround(ofOptimizers), models);
  throw new UserError(
    `The optimizer ${ofOptimizers[twice]?.optimizers?.join(', ')} has a setting ${twice}, which training has already: give it another name.`,
    { exitCode: 2 },
  );
}

const rowsAround = (ofOptimizers: Rows): Rows => ({
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

  learningRate: {
    ...optimizer,
    values: number('positiveNumber'),
    description: `the highest learning rate (default: ${learningRateDefaults()})`,
  },
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
  ...ofOptimizers,
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
});

/** The rows with their names. */
export function settingEntries(models?: readonly Model[]): readonly (readonly [name: string, row: SettingRow])[] {
  return Object.entries(settingRows(models));
}
