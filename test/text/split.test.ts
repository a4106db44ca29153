import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { requireBlock, splitTokens } from '../../src/text/split.ts';

const tokens = (length: number): Int32Array => Int32Array.from({ length }, (_, index) => index);

describe('splitTokens', () => {
  it('gives the first 90 % to training and the rest to validation, as the lecture’s int(0.9 * n)', () => {
    // What Python's int(0.9 * n) says, 1115394 being the length of the lecture's text.
    for (const [length, cut] of [
      [1_115_394, 1_003_854],
      [10, 9],
      [11, 9],
      [19, 17],
      [20, 18],
    ] as const) {
      const { training, validation } = splitTokens(tokens(length));
      expect([training.length, validation.length]).toEqual([cut, length - cut]);
      expect([training[0], validation[0], validation.at(-1)]).toEqual([0, cut, length - 1]);
    }
  });

  it('copies nothing', () => {
    const all = tokens(100);
    expect(splitTokens(all, { trainingShare: 0.5 }).validation.buffer).toBe(all.buffer);
  });

  it('says of a text that is too short how long each part is, what is needed and what to do', () => {
    expect(() => splitTokens(tokens(500), { block: 64 })).toThrow(
      'The text has 500 tokens, 450 for training and 50 for validation; a block size of 64 needs at least 65 in each: ' +
        'use a block size of at most 49 (--block) or a text of at least 641 tokens.',
    );
    expect(() => splitTokens(tokens(500), { block: 64 })).toThrow(UserError);
    expect(() => splitTokens(tokens(5), { block: 8 })).toThrow('in each: use a text of at least 81 tokens.');
  });

  it.each([1, 2, 7, 64, 256])('asks for no character more and none less than a block of %i needs', (block) => {
    for (const trainingShare of [0.1, 0.5, 0.75, 0.9, 0.95]) {
      const needed = Number(
        /at least (\d+) tokens/.exec(message(() => splitTokens(tokens(2), { trainingShare, block })))?.[1],
      );
      expect(() => splitTokens(tokens(needed), { trainingShare, block })).not.toThrow();
      expect(() => splitTokens(tokens(needed - 1), { trainingShare, block })).toThrow(UserError);
    }
  });

  it.each([0, 1, -0.5, 90, Number.NaN])('refuses a share of %d', (trainingShare) => {
    expect(() => splitTokens(tokens(100), { trainingShare })).toThrow('must be between 0 and 1');
  });
});

it('requireBlock wants one token more than a block has', () => {
  expect(() => requireBlock(tokens(9), 8, 'The text')).not.toThrow();
  expect(() => requireBlock(tokens(8), 8, 'The text')).toThrow(
    'The text has 8 tokens; a block size of 8 needs at least 9: use a block size of at most 7 (--block) or a longer text.',
  );
  expect(() => requireBlock(tokens(1), 8, 'The text')).toThrow('needs at least 9: use a longer text.');
});

function message(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof UserError) return error.message;
  }
  return '';
}
