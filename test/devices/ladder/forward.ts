import { expect } from 'vitest';
import { forwardProgram } from '../../../src/programs/index.ts';
import { distance, numbersOf } from '../../support/compare.ts';
import { someTokens } from '../../support/tiny-ladder.ts';
import { exactly } from './exact.ts';
import type { Check } from './subject.ts';
import { expectWithin } from './within.ts';

export const forward: Check = {
  what: 'forward gives the logits of float64',
  async prove(subject) {
    const tokens = someTokens([2, 8]);
    const session = await subject.program('forward');
    const { logits } = await session.run({ tokens });
    const expected = exactly(forwardProgram(subject.model).graph, { tokens }, subject.weights);
    expect(logits?.shape).toEqual([2, 8, 11]);
    expectWithin(distance(numbersOf(logits), expected.logits ?? []), subject.tolerance.logits, 'logits');
  },
};
