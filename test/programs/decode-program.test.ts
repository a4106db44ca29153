import { describe, expect, test } from 'vitest';
import { tensor } from '../../src/runtime/tensor.ts';
import { distance, numbersOf, openFile, runFile } from '../support/run-graph.ts';
import { someTokens, tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

const [time, vocabulary] = [8, 11];

describe.each(tinyStages)('%s, decoded in pieces', (stage) => {
  const model = tinyModel(stage);

  test.each([
    ['one character at a time', 1, [1, 1, 1, 1, 1, 1, 1, 1]],
    ['a prompt, then one at a time', 1, [5, 1, 1, 1]],
    ['unequal pieces', 3, [2, 1, 4, 1]],
    ['all at once', 3, [8]],
  ])('%s (batch %i) gives the logits of the whole', async (_what, batch, pieces) => {
    const tokens = someTokens([batch, time]);
    const whole = numbersOf((await runFile(tinyFile('forward', model), { tokens })).logits);
    const largest = whole.reduce((most, logit) => Math.max(most, Math.abs(logit)), 1);
    const decode = await openFile(tinyFile('decode', model));
    let start = 0;
    for (const length of pieces) {
      const end = start + length;
      const piece = Array.from({ length: batch }, (_, row) =>
        Array.from(tokens.data.subarray(row * time + start, row * time + end)),
      );
      const { logits } = await decode.step({ tokens: tensor('int32', [batch, length], piece.flat()) });
      const expected = Array.from({ length: batch }, (_, row) =>
        whole.slice((row * time + start) * vocabulary, (row * time + end) * vocabulary),
      );
      expect(distance(numbersOf(logits), expected.flat())).toBeLessThan(1e-5 * largest);
      start = end;
    }
    const caches = Object.values(await decode.getState());
    expect(caches.every(({ shape }) => shape.includes(time))).toBe(true);
    expect(caches.length > 0).toBe(stage !== 'bigram');
    await decode.dispose();
  });
});
