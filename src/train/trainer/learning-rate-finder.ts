import { makeSteps } from './steps.ts';
import type { TrainingRun } from './trainer.ts';

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
 * until the loss runs away.
 * @param run what would be trained; nothing of it is changed but where its feed stands
 */
export async function* tryLearningRates(
  { open, state, feed, inputs = {}, plan }: TrainingRun,
  { lowest, highest, steps }: RateRange,
  signal?: AbortSignal,
): AsyncGenerator<RatePoint, void, undefined> {
  const rateOf = (step: number): number => lowest * (highest / lowest) ** (step / Math.max(steps - 1, 1));
  const session = await open();
  try {
    await session.setState(state);
    let sum = 0;
    let weight = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let before = 0; before < steps && signal?.aborted !== true; ) {
      const wanted = Math.min(plan.stepsPerRun, steps - before);
      const first = before;
      const results = await makeSteps({ session, feed, inputs }, wanted, (index) => rateOf(first + index));
      if (results === undefined) return;
      const { losses, rates } = results;
      for (const [index, loss] of losses.entries()) {
        sum = inertia * sum + (1 - inertia) * loss;
        weight = inertia * weight + (1 - inertia);
        const mean = sum / weight;
        least = Math.min(least, mean);
        if (!(mean <= tooHigh * least)) return; // not a number, too
        yield { step: before + index + 1, learningRate: rates[index] ?? 0, loss: mean };
      }
      before += losses.length;
    }
  } finally {
    await session.dispose();
    await feed.close?.();
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
