import { UserError } from '../../errors.ts';
import type { OptimizerSetup } from '../optimizers/optimizer.ts';
import type { Schedule } from './schedule.ts';

/** Everything about a run but its model and its text. Written to trainer.json and read from there on resume. */
export interface TrainingSetup {
  /** Steps in all. */
  readonly steps: number;
  /** Blocks a step. */
  readonly batch: number;
  /** Parts that a step's blocks are worked through in, one after another, their gradients accumulated. */
  readonly parts: number;
  readonly seed: number;
  /** Whose random numbers choose the blocks: `torch` draws those that PyTorch draws. */
  readonly rng: 'trilu' | 'torch';
  readonly schedule: Schedule;
  readonly optimizer: OptimizerSetup;
  /** Steps between evaluations, samples and checkpoints; 0 is never. */
  readonly evaluateEvery: number;
  readonly evaluateBatches: number;
  readonly sampleEvery: number;
  readonly checkpointEvery: number;
  /** Checkpoints kept besides the last one. */
  readonly keep: number;
  /** Evaluations without a lower validation loss after which the run ends; 0 is never. */
  readonly patience: number;
  /** What happens when a loss or a gradient is no longer finite: the run stops, or that step is skipped. */
  readonly onDivergence: 'stop' | 'skip';
  /** Steps in one run of the graph, and between two reports. */
  readonly stepsPerRun: number;
}

/** Tokens that a CPU works through best at once: what a layer makes of more leaves its caches before the next layer reads it. */
const tokensAtOnce = 1024;

/** As few equal parts of a batch as are small enough for a CPU: `gpt`'s 64 blocks of 256 take half the time in 16 parts, and a fifth of the memory. */
export function partsForCpu(batch: number, block: number): number {
  let parts = 1;
  while (parts < batch && (batch % parts !== 0 || (batch / parts) * block > tokensAtOnce)) parts++;
  return parts;
}

/** @throws UserError for a setup that can't be followed. */
export function checkSetup({ schedule, batch, parts, patience, evaluateEvery }: TrainingSetup): void {
  const { learningRate, minimumLearningRate } = schedule;
  if (minimumLearningRate > learningRate) {
    refuse(`The minimum learning rate ${minimumLearningRate} lies above the learning rate ${learningRate}; lower it.`);
  }
  if (batch % parts !== 0) {
    refuse(`A batch of ${batch} blocks can't be worked through in ${parts} equal parts: change --batch or --parts.`);
  }
  if (patience > 0 && evaluateEvery === 0) {
    refuse('A run that never evaluates has no validation loss to be patient about: set --eval-every, or --patience 0.');
  }
}

function refuse(message: string): never {
  throw new UserError(message, { exitCode: 2 });
}
