import { describe, expect, test } from 'vitest';
import { weightsByMatMul, weightsBySoftmax } from '../../models/average.ts';
import { input } from '../../src/graph/index.ts';
import { type ConfiguredModel, causalMask, plainProgram } from '../../src/model/index.ts';
import { inProgram } from '../../src/model/program.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { gptLogits } from '../support/gpt-reference.ts';
import { distance, numbersOf, openFile, runFile, runGraph } from '../support/run-graph.ts';
import { someTokens, strongWeights, tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

const [batch, time, vocabulary] = [2, 8, 11];

describe('average', () => {
  test('makes the same rows by a normalised triangle as by a masked softmax', async () => {
    const x = input('x', 'float32', ['batch', 'time', 1]);
    const visible = inProgram(plainProgram, { tokens: x, block: 8 }, () => causalMask(x, 1));
    const outputs = { byMatMul: weightsByMatMul(visible), bySoftmax: weightsBySoftmax(visible) };
    const results = await runGraph(
      { inputs: { x }, outputs },
      { x: tensor('float32', [1, 5, 1], new Float32Array(5)) },
    );
    const means = Array.from({ length: 25 }, (_, index) =>
      index % 5 <= Math.floor(index / 5) ? 1 / (Math.floor(index / 5) + 1) : 0,
    );
    expect(distance(numbersOf(results.byMatMul), means)).toBeLessThan(1e-7);
    expect(distance(numbersOf(results.bySoftmax), means)).toBeLessThan(1e-7);
  });

  test('is one model in both forms', async () => {
    const tokens = someTokens([batch, time]);
    const [softmax, matMul] = [tinyModel('average'), tinyModel('average (matmul)')];
    const weights = strongWeights(softmax);
    const first = await runFile(tinyFile('forward', softmax, { weights }), { tokens });
    const second = await runFile(tinyFile('forward', matMul, { weights }), { tokens });
    expect(distance(numbersOf(first.logits), numbersOf(second.logits))).toBeLessThan(1e-6);
  });
});

describe('gpt', () => {
  test.each(['gpt', 'gpt (bias, relu, untied)'])('%s computes what the paper’s formulas do', async (stage) => {
    const model = tinyModel(stage);
    const weights = strongWeights(model);
    const tokens = someTokens([batch, time]);
    const { logits } = await runFile(tinyFile('forward', model, { weights }), { tokens });
    expect(logits?.shape).toEqual([batch, time, vocabulary]);
    for (let row = 0; row < batch; row += 1) {
      const ids = Array.from(tokens.data.subarray(row * time, (row + 1) * time));
      const expected = gptLogits(model, weights, ids).flat();
      const found = numbersOf(logits).slice(row * time * vocabulary, (row + 1) * time * vocabulary);
      expect(distance(found, expected) / Math.max(...expected.map(Math.abs))).toBeLessThan(1e-5);
    }
  });
});

describe.each(tinyStages)('%s', (stage) => {
  const model: ConfiguredModel = tinyModel(stage);

  test('no later character changes the logits before it, and each one changes its own', async () => {
    const session = await openFile(tinyFile('forward', model));
    const base = someTokens([1, time]);
    const logitsOf = async (data: Int32Array): Promise<number[]> =>
      numbersOf((await session.run({ tokens: tensor('int32', [1, time], data) })).logits);
    const before = await logitsOf(base.data);
    for (let changed = 0; changed < time; changed += 1) {
      const data = base.data.map((id, position) => (position === changed ? (id + 3) % vocabulary : id));
      const after = await logitsOf(data);
      const rows = (values: number[], from: number, to: number): number[] =>
        values.slice(from * vocabulary, to * vocabulary);
      expect(rows(after, 0, changed)).toEqual(rows(before, 0, changed));
      expect(distance(rows(after, changed, changed + 1), rows(before, changed, changed + 1))).toBeGreaterThan(1e-4);
      // All but the bigram carry the change on.
      const later = distance(rows(after, changed + 1, time), rows(before, changed + 1, time));
      if (changed + 1 < time) expect(later > 1e-5).toBe(stage !== 'bigram');
    }
    await session.dispose();
  });

  test('takes any batch and any time up to the block, alone or together', async () => {
    const session = await openFile(tinyFile('forward', model));
    const tokens = someTokens([3, 5]);
    const all = numbersOf((await session.run({ tokens })).logits);
    for (let row = 0; row < 3; row += 1) {
      const alone = tensor('int32', [1, 5], tokens.data.slice(row * 5, row * 5 + 5));
      const logits = numbersOf((await session.run({ tokens: alone })).logits);
      expect(distance(logits, all.slice(row * 5 * vocabulary, (row + 1) * 5 * vocabulary))).toBeLessThan(1e-5);
    }
    const single = await session.run({ tokens: someTokens([1, 1]) });
    expect(single.logits?.shape).toEqual([1, 1, vocabulary]);
    await session.dispose();
  });

  const heads: Readonly<Record<string, number>> = { average: 1, 'average (matmul)': 1, head: 1 };
  const layers: Readonly<Record<string, number>> = {
    residual: 2,
    'layer-norm': 2,
    'gpt-nano': 2,
    gpt: 2,
    'gpt (bias, relu, untied)': 2,
  };
  test('shows its attention: rows that sum to 1, the future exactly 0', async () => {
    const results = await runFile(tinyFile('forward', model, { taps: ['attention'] }), {
      tokens: someTokens([batch, 6]),
    });
    const names = Object.keys(results).filter((name) => name !== 'logits');
    const count = stage === 'bigram' ? 0 : (layers[stage] ?? 1);
    expect(names).toEqual(Array.from({ length: count }, (_, layer) => `attention.${layer}`));
    for (const name of names) {
      const weights = results[name];
      expect(weights?.shape).toEqual([batch, heads[stage] ?? 2, 6, 6]);
      const numbers = numbersOf(weights);
      for (let row = 0; row < numbers.length; row += 6) {
        const position = (row / 6) % 6;
        const [past, future] = [numbers.slice(row, row + position + 1), numbers.slice(row + position + 1, row + 6)];
        expect(future.every((weight) => weight === 0)).toBe(true);
        expect(past.every((weight) => weight > 0)).toBe(true);
        expect(past.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
      }
    }
  });

  test('shows the scores that its attention is made from: with the future masked, their softmax', async () => {
    const results = await runFile(tinyFile('forward', model, { taps: ['scores', 'attention'] }), {
      tokens: someTokens([batch, 6]),
    });
    const scored = Object.keys(results).filter((name) => name.startsWith('scores.'));
    const count = stage === 'bigram' || stage.startsWith('average') ? 0 : (layers[stage] ?? 1);
    expect(scored).toEqual(Array.from({ length: count }, (_, layer) => `scores.${layer}`));
    for (const name of scored) {
      expect(results[name]?.shape).toEqual([batch, heads[stage] ?? 2, 6, 6]);
      const scores = numbersOf(results[name]);
      const weights = numbersOf(results[name.replace('scores', 'attention')]);
      for (let row = 0; row < scores.length; row += 6) {
        const past = [...scores.slice(row, row + ((row / 6) % 6) + 1)].map(Math.exp);
        const sum = past.reduce((total, term) => total + term, 0);
        for (const [column, term] of past.entries()) expect(weights[row + column]).toBeCloseTo(term / sum, 5);
      }
    }
  });
});
