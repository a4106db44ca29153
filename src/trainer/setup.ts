import { UserError } from '../errors.ts';
import type { AdamWOptions } from '../train/adamw.ts';
import type { Schedule } from './schedule.ts';

/** Everything about a run but its model and its text. Written to trainer.json and read from there on resume. */
export interface TrainingSetup {
  /** Steps in all. */
  readonly steps: number;
  /** Blocks a step. */
  readonly batch: number;
  readonly seed: number;
  readonly schedule: Schedule;
  readonly optimizer: AdamWOptions;
  /** Steps between evaluations, samples and checkpoints; 0 is never. */
  readonly evaluateEvery: number;
  readonly evaluateBatches: number;
  readonly sampleEvery: number;
  readonly checkpointEvery: number;
  /** Steps in one run of the graph, and between two reports. */
  readonly stepsPerRun: number;
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

/** The lecture's: PyTorch's defaults, but with decay on matrices only. */
const lectureOptimizer: AdamWOptions = { ...nanoGptOptimizer, beta2: 0.999, weightDecay: 0.01, clip: 0 };

const reports = { evaluateEvery: 250, evaluateBatches: 20, sampleEvery: 500, checkpointEvery: 500, stepsPerRun: 10 };

/** The lecture's small stages: a constant rate. */
function lectureSetup(steps: number, learningRate: number): TrainingSetup {
  const schedule = { learningRate, minimumLearningRate: learningRate, warmUp: 0, decaySteps: steps };
  return { steps, batch: 32, seed: 1337, schedule, optimizer: lectureOptimizer, ...reports, stepsPerRun: 50 };
}

function nanoGptSetup(steps: number, batch: number): TrainingSetup {
  const schedule = { learningRate: 1e-3, minimumLearningRate: 1e-4, warmUp: 100, decaySteps: steps };
  return { steps, batch, seed: 1337, schedule, optimizer: nanoGptOptimizer, ...reports };
}

/** The settings each stage is known to learn well with: the lecture's, and nanoGPT's for its character models. */
const presets: Readonly<Record<string, TrainingSetup>> = {
  bigram: lectureSetup(3000, 1e-2),
  'gpt-nano': nanoGptSetup(2000, 12),
  gpt: nanoGptSetup(5000, 64),
};

/** The settings of a stage. */
export function presetFor(model: string): TrainingSetup {
  return presets[model] ?? lectureSetup(5000, 1e-3);
}

/** @throws UserError for a schedule that can't be followed. */
export function checkSetup({ schedule }: TrainingSetup): void {
  const { learningRate, minimumLearningRate } = schedule;
  if (minimumLearningRate > learningRate) {
    throw new UserError(
      `The minimum learning rate ${minimumLearningRate} lies above the learning rate ${learningRate}; lower it.`,
      { exitCode: 2 },
    );
  }
}
