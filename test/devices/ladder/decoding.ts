import { expect } from 'vitest';
import { tensor } from '../../../src/runtime/tensor.ts';
import { distance, numbersOf } from '../../support/compare.ts';
import { someTokens } from '../../support/tiny-ladder.ts';
import type { Check } from './subject.ts';
import { expectWithin } from './within.ts';

/** A prompt, then one character at a time. */
const pieces = [4, 1, 1, 1, 1];

export const decoding: Check = {
  what: 'decoding with a cache gives the logits of forward',
  async prove(subject) {
    const tokens = someTokens([1, 8], 3);
    const forward = await subject.program('forward');
    const decode = await subject.program('decode');
    const whole = numbersOf((await forward.run({ tokens })).logits);
    const decoded: number[] = [];
    await decode.resetState();
    let start = 0;
    for (const length of pieces) {
      const piece = tokens.data.slice(start, start + length);
      decoded.push(...numbersOf((await decode.step({ tokens: tensor('int32', [1, length], piece) })).logits));
      start += length;
    }
    expectWithin(distance(decoded, whole), subject.tolerance.logits, 'decoded logits');
    const caches = Object.values(await decode.getState());
    expect(caches.every(({ shape }) => shape.includes(8))).toBe(true);
    expect(caches.length > 0).toBe(subject.stage !== 'bigram');
  },
};
