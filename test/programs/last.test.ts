import { describe, expect, it, test } from 'vitest';
import { forwardProgram } from '../../src/programs/index.ts';
import { generateBatch } from '../../src/runtime/generation/generate.ts';
import { distance, numbersOf, openFile, runFile } from '../support/run-graph.ts';
import { someTokens, tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

const vocabulary = 11;

describe('a forward program of the last token alone', () => {
  test.each(tinyStages)('gives the last of all logits, for any length: %s', async (stage) => {
    const model = tinyModel(stage);
    const [all, last] = [tinyFile('forward', model), tinyFile('forward', model, { last: true })];
    for (const shape of [
      [1, 1],
      [3, 5],
      [2, 8],
    ] as const) {
      const feeds = { tokens: someTokens(shape) };
      const [every, only] = [(await runFile(all, feeds)).logits, (await runFile(last, feeds)).logits];
      const [batch, time] = shape;
      expect(only?.shape).toEqual([batch, 1, vocabulary]);
      for (let row = 0; row < batch; row += 1) {
        const end = (row * time + time) * vocabulary;
        const expected = numbersOf(every).slice(end - vocabulary, end);
        expect(distance(numbersOf(only).slice(row * vocabulary, (row + 1) * vocabulary), expected)).toBeLessThan(1e-5);
      }
    }
  });

  it('gives them with a fused attention as well', async () => {
    const model = tinyModel('gpt');
    const feeds = { tokens: someTokens([2, 5]) };
    const fused = await runFile(tinyFile('forward', model, { last: true, attention: 'fused', opset: 23 }), feeds);
    const plain = await runFile(tinyFile('forward', model, { last: true }), feeds);
    expect(distance(numbersOf(fused.logits), numbersOf(plain.logits))).toBeLessThan(1e-5);
  });

  it('shows of the last layer’s attention the last row, and computes no other', async () => {
    const model = tinyModel('gpt');
    const feeds = { tokens: someTokens([2, 5]) };
    const all = await runFile(tinyFile('forward', model, { taps: ['attention'] }), feeds);
    const last = await runFile(tinyFile('forward', model, { last: true, taps: ['attention'] }), feeds);
    expect(last['attention.0']?.shape).toEqual([2, 2, 5, 5]);
    expect(last['attention.1']?.shape).toEqual([2, 2, 1, 5]);
    const expected = [0, 1, 2, 3].flatMap((row) => numbersOf(all['attention.1']).slice(row * 25 + 20, row * 25 + 25));
    expect(distance(numbersOf(last['attention.1']), expected)).toBeLessThan(1e-6);
  });

  it('writes the same texts, of different lengths too, past the block', async () => {
    const model = tinyModel('gpt-nano');
    const texts = async (last: boolean): Promise<unknown[]> => {
      const forward = await openFile(tinyFile('forward', model, { last }));
      const steps: unknown[] = [];
      const prompts = [[1, 2, 3], [4], [5, 6]];
      for await (const step of generateBatch({ forward, prompts, count: 12, blockSize: 8, sampling: { seed: 3 } })) {
        steps.push(step);
      }
      await forward.dispose();
      return steps;
    };
    expect(await texts(true)).toEqual(await texts(false));
  });

  it('is refused with a fixed time, where a shorter text would end in what fills it up', () => {
    expect(() => forwardProgram(tinyModel('gpt'), { last: true, sizes: { time: 8 } })).toThrow(/fixed time/);
  });
});
