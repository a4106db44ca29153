import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { CharacterTokenizer } from '../../../src/text/tokenizers/characters.ts';
import { partOf } from '../../../src/text/tokens.ts';
import { newRecord } from '../../../src/train/trainer/new-record.ts';
import { initialState } from '../../../src/train/trainer/training-state.ts';
import { eventsOf, lastCheckpoint, smallRun, trainerOf } from './small-run.ts';

const { checkpoint, tokens } = smallRun({ steps: 3 });
const { model, setup, tokenizer, data } = checkpoint.record;

describe('the record of a new run', () => {
  it('stands before the first step, at the sampler’s beginning', () => {
    expect(newRecord({ model, setup, tokenizer, data, tokens })).toEqual(checkpoint.record);
  });

  it('is trained from with the state that its seed draws', async () => {
    const record = newRecord({ model, setup, tokenizer, data, tokens });
    const state = initialState(model, setup);
    const events = await eventsOf(trainerOf({ record, state }, tokens));
    expect(lastCheckpoint(events).record.step).toBe(3);
  });

  it('is refused for a setup that can’t be followed, and a text without room for a block', () => {
    const parts = { ...setup, batch: 3, parts: 2 };
    expect(() => newRecord({ model, setup: parts, tokenizer, data, tokens })).toThrow(/3 blocks .* in 2 equal parts/);
    const short = { training: partOf(tokens.training, 0, 8), validation: tokens.validation };
    expect(() => newRecord({ model, setup, tokenizer, data, tokens: short })).toThrow(UserError);
  });

  it('is refused for a tokenizer of another size than the model’s vocabulary', () => {
    const other = CharacterTokenizer.fromText('abc');
    expect(() => newRecord({ model, setup, tokenizer: other, data, tokens })).toThrow(UserError);
    expect(() => newRecord({ model, setup, tokenizer: other, data, tokens })).toThrow(
      `The tokenizer (characters) has 3 ids, but the model's vocabulary size is ${model.vocabulary}: `,
    );
  });
});
