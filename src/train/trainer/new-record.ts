import { BatchSampler } from '../../text/batches.ts';
import type { TokenSplit } from '../../text/split.ts';
import { requireSize } from '../../text/tokenizer.ts';
import type { TrainerRecord } from './record.ts';
import { checkSetup } from './setup.ts';

/** What a run is of. */
export interface NewRun extends Pick<TrainerRecord, 'model' | 'module' | 'setup' | 'tokenizer' | 'data'> {
  readonly tokens: TokenSplit;
}

/**
 * The record of a run that has made no step yet. With `initialState` it is a checkpoint to begin from.
 * @throws UserError for a setup that can't be followed, a tokenizer of another size than the model's vocabulary, or a text with no room for a block
 */
export function newRecord({ tokens, ...run }: NewRun): TrainerRecord {
  const { model, setup, tokenizer } = run;
  checkSetup(setup);
  requireSize(tokenizer, model.vocabulary);
  const { batch, rng, seed } = setup;
  const sampler = new BatchSampler(tokens.training, { batch, block: model.block, rng, seed });
  return { ...run, step: 0, seconds: 0, dataPosition: sampler.getState() };
}
