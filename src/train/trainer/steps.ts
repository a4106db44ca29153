import { UserError } from '../../errors.ts';
import type { Session } from '../../runtime/session.ts';
import { type Tensors, tensor } from '../../runtime/tensor.ts';
import type { Feed } from './feed.ts';

/** What K steps came to, one entry a step. */
export interface StepResults {
  readonly losses: readonly number[];
  /** Before clipping. */
  readonly gradientNorms: readonly number[];
  /** The learning rate of each, as float32. */
  readonly rates: Float32Array;
}

/** A train program at work: what it runs in, what it learns from, and what it is fed in every run. */
export interface StepMaker {
  readonly session: Session;
  readonly feed: Feed;
  readonly inputs: Tensors;
}

/**
 * Makes training steps in one run of the train program.
 * @param wanted how many; where the feed ends, fewer are made
 * @param rateAt the learning rate of a step among them, counted from 0
 * @returns undefined when the feed has no more batches
 * @throws UserError when the feed gives more than was asked of it, or nothing
 */
export async function makeSteps(
  { session, feed, inputs }: StepMaker,
  wanted: number,
  rateAt: (index: number) => number,
): Promise<StepResults | undefined> {
  const batches = await feed.next(wanted);
  if (batches === undefined) return undefined;
  const rates = Float32Array.from({ length: stepCount(batches, wanted) }, (_, index) => rateAt(index));
  const { loss, gradient_norm: norm } = await session.step({
    ...batches,
    learning_rate: tensor('float32', [rates.length], rates),
    ...inputs,
  });
  return { losses: Array.from(loss?.data ?? [], Number), gradientNorms: Array.from(norm?.data ?? [], Number), rates };
}

function stepCount(batches: Tensors, wanted: number): number {
  const [steps = 0, ...others] = new Set(Object.values(batches).map(({ shape: [first = 0] }) => first));
  if (others.length === 0 && steps > 0 && steps <= wanted) return steps;
  const found = Object.entries(batches).map(([name, { shape }]) => `${name} [${shape}]`);
  throw new UserError(
    `The feed was asked for the batches of ${wanted} steps and gave ${found.join(', ') || 'no tensor'}: the first dimension of each must be the steps, ${wanted} at most.`,
  );
}
