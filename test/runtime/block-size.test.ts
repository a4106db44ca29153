import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Session } from '../../src/runtime/session.ts';
import { scalar, zeroTensor } from '../../src/runtime/tensor.ts';
import { openFile } from '../support/run-graph.ts';
import { someTokens, tinyFile, tinyModel } from '../support/tiny-ladder.ts';

const model = tinyModel('gpt-nano'); // block 8
const sessions = new Map<string, Session>();
const session = (name: string): Session => {
  const found = sessions.get(name);
  if (found === undefined) throw new Error(`${name} is not open`);
  return found;
};

beforeAll(async () => {
  for (const name of ['forward', 'decode', 'evaluate', 'generate'] as const) {
    sessions.set(name, await openFile(tinyFile(name, model)));
  }
});
afterAll(() => Promise.all([...sessions.values()].map((open) => open.dispose())));

describe('more tokens than a block', () => {
  const [tokens, targets] = [someTokens([1, 9]), someTokens([1, 9])];
  const message = 'The model sees 8 tokens at most, but there are 9: give it fewer.';

  test('are refused by forward, decode and evaluate', async () => {
    await expect(session('forward').run({ tokens })).rejects.toThrow(message);
    await expect(session('decode').step({ tokens })).rejects.toThrow(message);
    await expect(session('evaluate').run({ tokens, targets })).rejects.toThrow(message);
  });

  test('are refused where the cache holds a part of them, and nothing is lost', async () => {
    const decode = session('decode');
    await decode.resetState();
    await decode.step({ tokens: someTokens([1, 7]) });
    // The table of positions has one row left, which would broadcast to both.
    await expect(decode.step({ tokens: someTokens([1, 2]) })).rejects.toThrow(
      'The model sees 8 tokens at most, but there are 2 and 7 in the cache: give it fewer.',
    );
    await decode.step({ tokens: someTokens([1, 1]) });
    const caches = Object.values(await decode.getState());
    expect(caches.every(({ shape }) => shape[2] === 8)).toBe(true);
    const full = Object.fromEntries(
      decode.program.state.map(({ input }) => [input, zeroTensor('float32', [1, 2, 8, 8])] as const),
    );
    await expect(decode.run({ tokens: someTokens([1, 1]), ...full })).rejects.toThrow('8 in the cache');
  });

  test('are what generate is for', async () => {
    const one = scalar('float32', 1);
    const [count, zero] = [scalar('int32', 2), scalar('int32', 0)];
    const { generated } = await session('generate').run({
      tokens,
      count,
      temperature: one,
      top_k: zero,
      top_p: one,
      seed: zero,
    });
    expect(generated?.shape).toEqual([1, 2]);
  });
});
