import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Session } from '../../../src/runtime/session.ts';
import { scalar, tensor } from '../../../src/runtime/tensor.ts';
import { numbersOf, openFile } from '../../support/run-graph.ts';
import { tinyFile, tinyModel } from '../../support/tiny-ladder.ts';

// What the generate program draws by itself, against exact probabilities. A bigram's logits are a row of its table, so they are known
// without any arithmetic; each row of a batch draws with a seed of its own, so that one run draws as often as a test needs.
const draws = 20_000;
const row = [0.5, 2, -1, 2, 0, 1.25, -3, 0.5, -0.25, 1, -2];
const last = 4;

/** The value that chi-square passes with probability 0.001, by degrees of freedom (NIST/SEMATECH e-Handbook, 1.3.6.7.4). */
const critical = [0, 10.828, 13.816, 16.266, 18.467, 20.515, 22.458, 24.322, 26.125, 27.877, 29.588];

let program: Session;
beforeAll(async () => {
  const table = new Float32Array(11 * 11);
  table.set(row, last * 11);
  program = await openFile(
    tinyFile('generate', tinyModel('bigram'), { weights: new Map([['token_embedding_table.weight', table]]) }),
  );
});
afterAll(() => program.dispose());

describe('the tokens that the generate program draws are distributed as', () => {
  test.each<[string, number, number, number, number, readonly number[]]>([
    ['the softmax of the logits', 1, 0, 1, 1, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ['the softmax at temperature 2', 2, 0, 1, 30_000, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ['the softmax of the 4 largest', 1, 4, 1, 60_000, [1, 3, 5, 9]],
    // Weights 1, 1, 0.47, 0.37, 0.22, 0.22, … of 3.60 in all: the first three are 0.69 of it, the first four 0.79.
    ['the softmax of those that reach 0.75', 1, 0, 0.75, 90_000, [1, 3, 5, 9]],
    // At temperature 1.5 of five: 1, 1, 0.61, 0.51, 0.37 of 3.49, of which the first three are 0.75, the first four 0.89.
    ['the softmax of all three', 1.5, 5, 0.8, 120_000, [1, 3, 5, 9]],
  ])('%s', async (_, temperature, topK, topP, seed, takesPart) => {
    const { generated } = await program.run({
      tokens: tensor('int32', [draws, 1], new Int32Array(draws).fill(last)),
      count: scalar('int32', 1),
      temperature: scalar('float32', temperature),
      top_k: scalar('int32', topK),
      top_p: scalar('float32', topP),
      seed: scalar('int32', seed),
    });
    const weights = row.map((logit, token) => (takesPart.includes(token) ? Math.exp(logit / temperature) : 0));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const counts = new Array<number>(row.length).fill(0);
    for (const token of numbersOf(generated)) counts[token] = (counts[token] ?? 0) + 1;
    let statistic = 0;
    for (const [token, weight] of weights.entries()) {
      const expected = (weight / total) * draws;
      if (weight === 0) expect(counts[token]).toBe(0);
      else statistic += ((counts[token] ?? 0) - expected) ** 2 / expected;
    }
    expect(statistic).toBeLessThan(critical[takesPart.length - 1] ?? 0);
  });
});
