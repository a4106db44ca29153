import { UserError } from '../../errors.ts';
import type { Tensors } from '../../runtime/tensor.ts';
import type { StepResults } from './steps.ts';

/** A step whose loss or gradient is no number any more. */
export interface BrokenStep {
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
}

/**
 * The steps among K that are broken.
 * @param before how many steps were made before them
 */
export function brokenSteps({ losses, gradientNorms }: StepResults, before: number): readonly BrokenStep[] {
  return losses.flatMap((loss, index) => {
    const gradientNorm = gradientNorms[index] ?? Number.NaN;
    return Number.isFinite(loss) && Number.isFinite(gradientNorm)
      ? []
      : [{ step: before + index + 1, loss, gradientNorm }];
  });
}

/** What to say of a run that a broken step ends. */
export function divergence({ step, loss, gradientNorm }: BrokenStep): UserError {
  const what = Number.isFinite(loss) ? `The gradient's norm became ${gradientNorm}` : `The loss became ${loss}`;
  return new UserError(
    `${what} at step ${step}: train anew with a lower learning rate (--learning-rate), or go on without such steps (--resume, --on-divergence skip).`,
  );
}

/** As many skipped steps in a row mean that the weights themselves are lost. */
const mostSkippedInARow = 50;

/** What to say of a run whose last steps were skipped, so many in a row up to one; undefined while it may go on. */
export function uselessSteps(inARow: number, step: number): UserError | undefined {
  if (inARow < mostSkippedInARow) return undefined;
  return new UserError(
    `${mostSkippedInARow} steps up to ${step} were skipped in a row: nothing is learned any more; train anew with a lower learning rate (--learning-rate).`,
  );
}

/**
 * A loss tells of broken weights a step late; before a tensor takes the place of a good one in a checkpoint it is looked at itself.
 * @throws UserError when an element is not finite
 */
export function requireFinite(name: string, data: Float32Array, step: number): void {
  if (hasOnlyFinite(data)) return;
  throw new UserError(
    `${name} is no longer finite at step ${step}: train anew with a lower learning rate (--learning-rate).`,
  );
}

/** Whether all numbers of a state are finite. */
export function isFiniteState(state: Tensors): boolean {
  return Object.values(state).every(({ data }) => !(data instanceof Float32Array) || hasOnlyFinite(data));
}

/** A sum of x − x is 0 while every x is finite. A plain loop: every() with a callback takes ten times as long over millions. */
function hasOnlyFinite(data: Float32Array): boolean {
  let sum = 0;
  for (let index = 0; index < data.length; index++) {
    const x = data[index] as number;
    sum += x - x;
  }
  return sum === 0;
}
