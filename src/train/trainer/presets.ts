import {
  average,
  bigram,
  feedForward,
  gpt,
  gptNano,
  head,
  layerNormalized,
  multiHead,
  residual,
} from '../../../models/index.ts';
import { UserError } from '../../errors.ts';
import type { Model, TrainingHints } from '../../model/index.ts';
import type { Settings } from '../../settings/setting.ts';
import { adamw } from '../optimizers/adamw.ts';
import type { TrainingSetup } from './setup.ts';

/** The names of the presets: settings whose losses are published. */
export const presetNames = ['lecture', 'nanogpt-cpu', 'nanogpt'] as const;

export type PresetName = (typeof presetNames)[number];

/** A model with all that is said of it and its training. */
export interface Preset {
  readonly model: Model;
  /** What is set beside the model's own defaults. */
  readonly settings: Settings;
  readonly setup: TrainingSetup;
}

/** nanoGPT's optimizer: clipped, and only matrices decay. */
const nanoGptOptimizer = adamw.with({ beta2: 0.99, weightDecay: 0.1, decayed: 'matrices', clip: 1 });

/** The lecture's: PyTorch's defaults, which let everything decay. */
const torchOptimizer = adamw.with({ decayed: 'all', clip: 0 });

const reports: Omit<TrainingSetup, 'steps' | 'batch' | 'schedule' | 'optimizer'> = {
  parts: 1,
  seed: 1337,
  rng: 'trilu',
  evaluateEvery: 250,
  evaluateBatches: 20,
  sampleEvery: 500,
  checkpointEvery: 500,
  keep: 1,
  patience: 0,
  onDivergence: 'stop',
  stepsPerRun: 10,
};

/** A constant rate, as the lecture has it. */
function lectureSetup(steps: number, learningRate: number, batch = 32): TrainingSetup {
  const schedule = { learningRate, minimumLearningRate: learningRate, warmUp: 0, decaySteps: steps };
  return { steps, batch, schedule, optimizer: torchOptimizer, ...reports, evaluateBatches: 200 };
}

function nanoGptSetup(steps: number, batch: number, learningRate: number = 1e-3): TrainingSetup {
  const schedule = { learningRate, minimumLearningRate: learningRate / 10, warmUp: 100, decaySteps: steps };
  return { steps, batch, schedule, optimizer: nanoGptOptimizer, ...reports };
}

/** Many small steps go through in one run of the graph. */
function smallStage(setup: TrainingSetup): TrainingSetup {
  return { ...setup, stepsPerRun: 50 };
}

/** What a small stage learns well with: the lecture's rates, but decay on matrices only. */
function constantSetup({ steps, batch, learningRate }: TrainingHints): TrainingSetup {
  const { optimizer, ...rest } = smallStage(lectureSetup(steps, learningRate, batch));
  return { ...rest, evaluateBatches: reports.evaluateBatches, optimizer: { ...optimizer, decayed: 'matrices' } };
}

/** How a model is trained where no preset is named: as its definition says that it learns well. */
export function presetFor({ training }: Model): TrainingSetup {
  const { steps, batch, learningRate, schedule } = training;
  return schedule === 'constant' ? constantSetup(training) : nanoGptSetup(steps, batch, learningRate);
}

/** How the lecture began each of its models. */
const lectureSettings = { initialization: 'torch', attentionScale: 'embedding' } as const;

/** A model's settings, as far as it has them. */
function lecturePreset(model: Model, setup: TrainingSetup = lectureSetup(5000, 1e-3)): Preset {
  const own = Object.entries(lectureSettings).filter(([name]) => Object.hasOwn(model.settings, name));
  return { model, settings: Object.fromEntries(own), setup: smallStage(setup) };
}

/**
 * The presets of the lecture's models by the names that these go by. The lecture's last one, gpt, is the layer-norm model grown (separate
 * heads, biases, ReLU), and not GPT-2's layout.
 */
const lecture: Readonly<Record<string, Preset>> = {
  [bigram.name]: lecturePreset(bigram, lectureSetup(3000, 1e-2)),
  ...Object.fromEntries(
    [average, head, multiHead, feedForward, residual, layerNormalized].map((model): [string, Preset] => [
      model.name,
      lecturePreset(model),
    ]),
  ),
  [gpt.name]: {
    model: layerNormalized,
    settings: { ...lectureSettings, block: 256, embedding: 384, layers: 6, heads: 6, dropout: 0.2 },
    setup: lectureSetup(5000, 3e-4, 64),
  },
};

/** The models that each preset has settings for, and the one that it is of where none is named. */
const presets: Readonly<
  Record<PresetName, { readonly models: Readonly<Record<string, Preset>>; readonly main: string }>
> = {
  lecture: { models: lecture, main: layerNormalized.name },
  'nanogpt-cpu': only({ model: gptNano, settings: { initialization: 'gpt2' }, setup: nanoGptSetup(2000, 12) }),
  nanogpt: only({
    model: gpt,
    settings: { initialization: 'gpt2' },
    setup: { ...nanoGptSetup(5000, 64), evaluateBatches: 200 },
  }),
};

function only(preset: Preset): (typeof presets)[PresetName] {
  return { models: { [preset.model.name]: preset }, main: preset.model.name };
}

/**
 * The settings of a preset.
 * @param model the name of the model asked for; the lecture has several, each of nanoGPT's presets one.
 * @throws UserError when the preset has none for it.
 */
export function namedPreset(name: PresetName, model: string = presets[name].main): Preset {
  const { models } = presets[name];
  const preset = models[model];
  if (preset !== undefined) return preset;
  throw new UserError(
    `The preset ${name} has no settings for ${model}; it has them for ${Object.keys(models).join(', ')}.`,
    { exitCode: 2 },
  );
}
