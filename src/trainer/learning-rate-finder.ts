import { defineModel } from '../../models/index.ts';
import type { TokenSplit } from '../text/split.ts';
import type { Checkpoint } from './checkpoint.ts';
import { makeSteps } from './steps.ts';
import { openTrainProgram, samplerOf, type TrainerEnvironment } from './trainer.ts';

/** Which learning rates are tried: so many, each the same factor above the one before. */
export interface RateRange {
  readonly lowest: number;
  readonly highest: number;
  readonly steps: number;
}

/** One step at a learning rate. */
export interface RatePoint {
  readonly step: number;
  readonly learningRate: number;
  /** In nats; the running mean of the losses up to here, in which single batches no longer show. */
  readonly loss: number;
}

/** How much of the running mean stays at each step. */
const inertia = 0.95;
/** A running mean so many times above its lowest tells that the rates are too high by now. */
const tooHigh = 2;

/**
 * The learning rate range test (Smith 2017, "Cyclical learning rates", section 3.3): one step at each rate, rising geometrically,
 * until the loss runs away. The checkpoint given stays as it is.
 */
export async function* tryLearningRates(
  { record, state }: Checkpoint,
  tokens: TokenSplit,
  environment: TrainerEnvironment,
  { lowest, highest, steps }: RateRange,
  signal?: AbortSignal,
): AsyncGenerator<RatePoint, void, undefined> {
  const { setup } = record;
  const session = await openTrainProgram(defineModel(record.config), record, environment);
  try {
    await session.setState(state);
    const sampler = samplerOf(record, tokens);
    let sum = 0;
    let weight = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let before = 0; before < steps && signal?.aborted !== true; before += setup.stepsPerRun) {
      const count = Math.min(setup.stepsPerRun, steps - before);
      const rates = Float32Array.from({ length: count }, (_, index) => {
        return lowest * (highest / lowest) ** ((before + index) / Math.max(steps - 1, 1));
      });
      const { losses } = await makeSteps(session, sampler.nextSteps(count), rates, setup.seed);
      for (const [index, loss] of losses.entries()) {
        sum = inertia * sum + (1 - inertia) * loss;
        weight = inertia * weight + (1 - inertia);
        const mean = sum / weight;
        least = Math.min(least, mean);
        if (!(mean <= tooHigh * least)) return; // not a number, too
        yield { step: before + index + 1, learningRate: rates[index] ?? 0, loss: mean };
      }
    }
  } finally {
    await session.dispose();
  }
}

/**
 * The rate to train at: the one at which the loss fell most steeply over the logarithm of the rate.
 * @returns undefined when the loss fell nowhere
 */
export function suggestedLearningRate(points: readonly RatePoint[]): number | undefined {
  const reach = Math.max(1, Math.round(points.length / 20));
  const slopes = points.slice(reach, -reach).map(({ learningRate }, index) => {
    const [from, to] = [points[index], points[index + 2 * reach]];
    if (from === undefined || to === undefined) return { learningRate, slope: 0 };
    const slope = (to.loss - from.loss) / Math.log(to.learningRate / from.learningRate);
    return { learningRate, slope };
  });
  const steepest = slopes.reduce((best, point) => (point.slope < best.slope ? point : best), {
    learningRate: Number.NaN,
    slope: 0,
  });
  return steepest.slope < 0 ? steepest.learningRate : undefined;
}
