import { describe, expect, it } from 'vitest';
import { defineModel } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';
import { partOf } from '../../src/text/tokens.ts';
import { newRecord } from '../../src/trainer/new-record.ts';
import { initialState } from '../../src/trainer/state.ts';
import { eventsOf, lastCheckpoint, smallRun, trainerOf } from './small-run.ts';

const { checkpoint, tokens } = smallRun({ steps: 3 });
const { config, setup, vocabulary, data } = checkpoint.record;

describe('the record of a new run', () => {
  it('stands before the first step, at the sampler’s beginning', () => {
    expect(newRecord({ config, setup, vocabulary, data, tokens })).toEqual(checkpoint.record);
  });

  it('is trained from with the state that its seed draws', async () => {
    const record = newRecord({ config, setup, vocabulary, data, tokens });
    const state = initialState(defineModel(config), setup.seed);
    const events = await eventsOf(trainerOf({ record, state }, tokens));
    expect(lastCheckpoint(events).record.step).toBe(3);
  });

  it('is refused for a setup that can’t be followed, and a text without room for a block', () => {
    const parts = { ...setup, batch: 3, parts: 2 };
    expect(() => newRecord({ config, setup: parts, vocabulary, data, tokens })).toThrow(/3 blocks .* in 2 equal parts/);
    const short = { training: partOf(tokens.training, 0, 8), validation: tokens.validation };
    expect(() => newRecord({ config, setup, vocabulary, data, tokens: short })).toThrow(UserError);
  });
});
