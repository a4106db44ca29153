import { describe, expect, test } from 'vitest';
import type { AttentionForm } from '../../src/programs/index.ts';
import type { Session } from '../../src/runtime/session.ts';
import { type Tensor, tensor, zeroTensor } from '../../src/runtime/tensor.ts';
import { distance, numbersOf, openFile, runFile } from '../support/run-graph.ts';
import { someTokens, tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

const [batch, time, vocabulary] = [3, 8, 11];
const remembering = tinyStages.filter((stage) => stage !== 'bigram');
const text = Array.from(someTokens([batch, time]).data);
const token = (row: number, place: number): number => text[row * time + place] ?? -1;

/** An empty cache for so many sequences. */
async function empty(session: Session): Promise<void> {
  const names = new Set(session.program.state.map(({ input }) => input));
  const inputs = session.program.inputs.filter(({ name }) => names.has(name));
  const state = inputs.map(({ name, type, shape }): [string, Tensor] => {
    const sizes = shape.map((size) => (size === 'batch' ? batch : Number(size)));
    return [name, type === 'int32' ? zeroTensor('int32', sizes) : zeroTensor('float32', sizes)];
  });
  await session.setState(Object.fromEntries(state));
}

/** One run: each row's next tokens, filled up with −1 on the right. Returns each row's logits for its own tokens. */
async function step(session: Session, rows: readonly (readonly number[])[]): Promise<number[][]> {
  const longest = Math.max(...rows.map(({ length }) => length));
  const padded = rows.flatMap((row) => Array.from({ length: longest }, (_, index) => row[index] ?? -1));
  const { logits } = await session.step({ tokens: tensor('int32', [rows.length, longest], padded) });
  const numbers = numbersOf(logits);
  return rows.map(({ length }, row) =>
    numbers.slice(row * longest * vocabulary, (row * longest + length) * vocabulary),
  );
}

describe.each(remembering)('%s, with a cache of fixed size', (stage) => {
  const forms: readonly AttentionForm[] = ['trilu', 'fused'];
  test.each(forms)(
    '(%s) each sequence of a batch, whatever its length, has the logits of the whole',
    async (attention) => {
      const model = tinyModel(stage);
      const whole = numbersOf(
        (await runFile(tinyFile('forward', model), { tokens: tensor('int32', [batch, time], text) })).logits,
      );
      const largest = Math.max(...whole.map(Math.abs));
      const decode = await openFile(tinyFile('decode', model, { cache: 'fixed', attention, opset: 23 }));
      await empty(decode);
      const lengths = [3, 1, 5];
      const seen = await step(
        decode,
        lengths.map((length, row) => Array.from({ length }, (_, place) => token(row, place))),
      );
      // Then one each, then two of one row beside one of another, until every row has read all; a row that has stays silent.
      for (const counts of [
        [1, 1, 1],
        [1, 2, 1],
        [2, 0, 1],
        [1, 4, 0],
      ]) {
        const rows = counts.map((count, row) =>
          Array.from({ length: count }, (_, index) => token(row, (lengths[row] ?? 0) + index)),
        );
        for (const [row, logits] of (await step(decode, rows)).entries()) seen[row]?.push(...logits);
        for (const [row, count] of counts.entries()) lengths[row] = (lengths[row] ?? 0) + count;
      }
      expect(lengths).toEqual([time, time, time]);
      expect(distance(seen.flat(), whole)).toBeLessThan(1e-5 * largest);
      const { 'cache.length': length, ...caches } = await decode.getState();
      expect(numbersOf(length)).toEqual(lengths);
      expect(Object.values(caches).every(({ shape }) => shape.includes(time))).toBe(true);
      await decode.dispose();
    },
  );
});

test('a token beyond the block is an error, not a silent overwriting', async () => {
  const decode = await openFile(tinyFile('decode', tinyModel('gpt-nano'), { cache: 'fixed' }));
  await empty(decode);
  await step(
    decode,
    [0, 1, 2].map((row) => Array.from({ length: time }, (_, place) => token(row, place))),
  );
  await expect(step(decode, [[1], [2], [3]])).rejects.toThrow();
  await decode.dispose();
});

test('a model that remembers nothing has no state in this form either', async () => {
  const decode = await openFile(tinyFile('decode', tinyModel('bigram'), { cache: 'fixed' }));
  expect(decode.program.state).toEqual([]);
  const { logits } = await decode.run({ tokens: someTokens([2, 3]) });
  const whole = await runFile(tinyFile('forward', tinyModel('bigram')), { tokens: someTokens([2, 3]) });
  expect(numbersOf(logits)).toEqual(numbersOf(whole.logits));
  await decode.dispose();
});
