import type { ModelConfig } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import type { AdamWOptions } from '../train/adamw.ts';
import type { TrainingSetup } from './setup.ts';

/** The names of the presets: settings whose losses are published. */
export const presetNames = ['lecture', 'nanogpt-cpu', 'nanogpt'] as const;

export type PresetName = (typeof presetNames)[number];

/** What a preset says of the model, beside its stage's own defaults. */
export type PresetModel = Partial<Omit<ModelConfig, 'model' | 'vocabularySize'>>;

/** A stage with all its settings. */
export interface Preset {
  /** The stage's name in models/. */
  readonly model: string;
  readonly config: PresetModel;
  readonly setup: TrainingSetup;
}

/** nanoGPT's optimizer: clipped, and only matrices decay. */
const nanoGptOptimizer: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.1,
  decayed: 'matrices',
  clip: 1,
};

/** The lecture's: PyTorch's defaults, which let everything decay. */
const torchOptimizer: AdamWOptions = { ...nanoGptOptimizer, beta2: 0.999, weightDecay: 0.01, decayed: 'all', clip: 0 };

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

function nanoGptSetup(steps: number, batch: number): TrainingSetup {
  const schedule = { learningRate: 1e-3, minimumLearningRate: 1e-4, warmUp: 100, decaySteps: steps };
  return { steps, batch, schedule, optimizer: nanoGptOptimizer, ...reports };
}

/** Many small steps go through in one run of the graph. */
function smallStage(setup: TrainingSetup): TrainingSetup {
  return { ...setup, stepsPerRun: 50 };
}

/** What a small stage learns well with: the lecture's rates, but decay on matrices only. */
function ownSetup(steps: number, learningRate: number): TrainingSetup {
  const { optimizer, ...rest } = smallStage(lectureSetup(steps, learningRate));
  return { ...rest, evaluateBatches: reports.evaluateBatches, optimizer: { ...optimizer, decayed: 'matrices' } };
}

/** The settings each stage is known to learn well with, where no preset is named. */
const own: Readonly<Record<string, TrainingSetup>> = {
  bigram: ownSetup(3000, 1e-2),
  'gpt-nano': nanoGptSetup(2000, 12),
  gpt: nanoGptSetup(5000, 64),
};

/** The settings of a stage. */
export function presetFor(model: string): TrainingSetup {
  return own[model] ?? ownSetup(5000, 1e-3);
}

/** How the lecture began each of its stages. */
const lectureModel: PresetModel = { initialization: 'torch', attentionScale: 'embedding' };

const lectureStage = (model: string): Preset => ({
  model,
  config: lectureModel,
  setup: smallStage(lectureSetup(5000, 1e-3)),
});

/**
 * The lecture's stages by the names they go by. Its last one, gpt, is the layer-norm stage grown (separate heads, biases, ReLU), and
 * not GPT-2's layout.
 */
const lecture: Readonly<Record<string, Preset>> = {
  bigram: { ...lectureStage('bigram'), setup: smallStage(lectureSetup(3000, 1e-2)) },
  average: lectureStage('average'),
  head: lectureStage('head'),
  'multi-head': lectureStage('multi-head'),
  'feed-forward': lectureStage('feed-forward'),
  residual: lectureStage('residual'),
  'layer-norm': lectureStage('layer-norm'),
  gpt: {
    model: 'layer-norm',
    config: { ...lectureModel, blockSize: 256, embedding: 384, layers: 6, heads: 6, dropout: 0.2 },
    setup: lectureSetup(5000, 3e-4, 64),
  },
};

/** nanoGPT's character models. */
const nanoGpt: Readonly<Record<Exclude<PresetName, 'lecture'>, Preset>> = {
  'nanogpt-cpu': { model: 'gpt-nano', config: { initialization: 'gpt2' }, setup: nanoGptSetup(2000, 12) },
  nanogpt: {
    model: 'gpt',
    config: { initialization: 'gpt2' },
    setup: { ...nanoGptSetup(5000, 64), evaluateBatches: 200 },
  },
};

/** The stage that a preset is of, where none is named. */
const defaultStage: Readonly<Record<PresetName, string>> = {
  lecture: 'layer-norm',
  'nanogpt-cpu': 'gpt-nano',
  nanogpt: 'gpt',
};

/**
 * The settings of a preset.
 * @param stage the stage asked for; the lecture has several, each of nanoGPT's presets one.
 * @throws UserError when the preset has no such stage.
 */
export function namedPreset(name: PresetName, stage: string = defaultStage[name]): Preset {
  const stages: Readonly<Record<string, Preset>> =
    name === 'lecture' ? lecture : { [defaultStage[name]]: nanoGpt[name] };
  const preset = stages[stage];
  if (preset !== undefined) return preset;
  throw new UserError(
    `The preset ${name} has no settings for ${stage}; it has them for ${Object.keys(stages).join(', ')}.`,
    {
      exitCode: 2,
    },
  );
}
