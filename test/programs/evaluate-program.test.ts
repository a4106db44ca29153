import { expect, test } from 'vitest';
import { numbersOf, runFile } from '../support/run-graph.ts';
import { someTokens, tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

/** The mean of −log softmax at the targets, in float64. */
function meanCrossEntropy(logits: readonly number[], targets: ArrayLike<number>, vocabulary: number): number {
  const losses = Array.from(targets, (target, position) => {
    const row = logits.slice(position * vocabulary, (position + 1) * vocabulary);
    const highest = Math.max(...row);
    const total = row.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
    return Math.log(total) + highest - (row[target] ?? Number.NaN);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

test.each(tinyStages)('%s: evaluate is the mean cross-entropy of forward’s logits', async (stage) => {
  const model = tinyModel(stage, { dropout: 0.5 }); // evaluating drops nothing
  const [tokens, targets] = [someTokens([3, 7], 5), someTokens([3, 7], 6)];
  const { logits } = await runFile(tinyFile('forward', model), { tokens });
  const { loss } = await runFile(tinyFile('evaluate', model), { tokens, targets });
  expect(loss?.shape).toEqual([]);
  expect(numbersOf(loss)[0]).toBeCloseTo(meanCrossEntropy(numbersOf(logits), targets.data, 11), 5);
});

test('logits far apart give a finite loss', async () => {
  const model = tinyModel('bigram');
  const weights = new Map([
    ['token_embedding_table.weight', Float32Array.from({ length: 121 }, (_, index) => (index % 11) * 1e4)],
  ]);
  const [tokens, targets] = [someTokens([1, 4], 5), someTokens([1, 4], 6)];
  const { loss } = await runFile(tinyFile('evaluate', model, { weights }), { tokens, targets });
  const expected = targets.data.reduce((sum, target) => sum + (10 - target) * 1e4, 0) / 4;
  expect(numbersOf(loss)[0]).toBe(expected);
});
