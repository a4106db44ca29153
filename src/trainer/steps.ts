import type { Session } from '../runtime/session.ts';
import { tensor } from '../runtime/tensor.ts';
import type { Batch } from '../text/batches.ts';

/** What K steps came to, one entry a step. */
export interface StepResults {
  /** In nats. */
  readonly losses: readonly number[];
  /** Before clipping. */
  readonly gradientNorms: readonly number[];
}

/**
 * Makes K training steps in one run of the train program.
 * @param batch the batches of all steps, (K, batch, block)
 * @param rates the learning rate of each
 */
export async function makeSteps(
  session: Session,
  { shape, tokens, targets }: Batch,
  rates: Float32Array,
  seed: number,
): Promise<StepResults> {
  const { loss, gradient_norm: norm } = await session.step({
    tokens: tensor('int32', shape, tokens),
    targets: tensor('int32', shape, targets),
    learning_rate: tensor('float32', [rates.length], rates),
    seed: tensor('int32', [], [seed]),
  });
  return { losses: Array.from(loss?.data ?? [], Number), gradientNorms: Array.from(norm?.data ?? [], Number) };
}
