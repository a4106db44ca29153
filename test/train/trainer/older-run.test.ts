import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadCorpus } from '../../../src/corpus/corpus.ts';
import { UserError } from '../../../src/errors.ts';
import { readCheckpoint } from '../../../src/runs/run-directory.ts';
import { splitTokens } from '../../../src/text/split.ts';
import { CharacterTokenizer } from '../../../src/text/tokenizers/characters.ts';
import { decodeRecord, encodeRecord } from '../../../src/train/trainer/record.ts';
import { eventsOf, trainerOf } from './small-run.ts';

/** What version 0.1.0's `train gpt-nano --layers 1 --heads 1 --embedding 4 --block 4 --batch 2 --steps 6` left. */
const folder = join(import.meta.dirname, 'older-run');

describe('a run of a version whose record listed characters', async () => {
  const { checkpoint } = await readCheckpoint(folder);
  const { record } = checkpoint;

  it('has the tokenizer of these characters, and is written with it', () => {
    expect([record.tokenizer.kind, record.tokenizer.size]).toEqual(['characters', 89]);
    const written = encodeRecord(record);
    expect(JSON.parse(written)).not.toHaveProperty('vocabulary');
    expect(decodeRecord(written, 'trainer.json')).toEqual(record);
  });

  it.each([
    [
      'of no kind',
      { model: { type: 'Words' } },
      'The tokenizer in a.json is a tokenizer of no kind that is known here (ch',
    ],
    ['that is missing', undefined, 'The tokenizer in a.json is a tokenizer of no kind that is known here (ch'],
    ['of another size', CharacterTokenizer.fromText('abc'), "has 3 ids, but the model's vocabulary size is 89: make"],
  ])('is refused with a tokenizer %s', (_, tokenizer, message) => {
    const damaged = JSON.stringify({ ...JSON.parse(encodeRecord(record)), tokenizer });
    expect(() => decodeRecord(damaged, 'a.json')).toThrow(UserError);
    expect(() => decodeRecord(damaged, 'a.json')).toThrow(message);
  });

  it('goes on as that version went on', async () => {
    const tokens = splitTokens(record.tokenizer.encode((await loadCorpus()).text));
    const further = { ...checkpoint, record: { ...record, setup: { ...record.setup, steps: 12 } } };
    const events = await eventsOf(trainerOf(further, tokens));
    const told = events.flatMap((event) =>
      event.kind === 'steps' ? [event.loss] : event.kind === 'evaluation' ? [event.validationLoss] : [],
    );
    const theirs = [4.496533075968425, 4.4908905029296875, 4.49056339263916, 4.4848198890686035, 4.490485668182373];
    expect(told).toHaveLength(theirs.length);
    for (const [index, loss] of theirs.entries()) expect(told[index], `event ${index}`).toBeCloseTo(loss, 5);
  });
});
