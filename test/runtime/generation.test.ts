import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { type GenerateOptions, generate } from '../../src/runtime/generation.ts';
import { open } from '../../src/runtime/node/open.ts';
import { type SamplingOptions, sample } from '../../src/runtime/sampling.ts';
import type { Session } from '../../src/runtime/session.ts';
import { counter, tinyDecode, tinyForward, tinyVocabulary } from '../support/tiny-models.ts';

let forward: Session;
let decode: Session;

beforeAll(async () => {
  forward = await open(tinyForward(), { worker: false });
  decode = await open(tinyDecode(), { worker: false });
});
afterAll(() => Promise.all([forward.dispose(), decode.dispose()]));

/** The tiny language model in JavaScript: logits after `context`. */
function tinyLogits(context: readonly number[]): Float32Array {
  const sum = context.reduce((total, token) => total + token + 1, 0);
  return Float32Array.from({ length: tinyVocabulary }, (_, token) => 3 * Math.sin((token + 1) * sum));
}

/** The lecture's loop: crop to the last block, take the logits at the end, draw, append. */
function lecture(prompt: readonly number[], count: number, blockSize: number, sampling: SamplingOptions): number[] {
  const text = [...prompt];
  for (let step = 0; step < count; step += 1) {
    text.push(sample(tinyLogits(text.slice(-blockSize)), { ...sampling, step }));
  }
  return text.slice(prompt.length);
}

async function collect(options: GenerateOptions): Promise<number[]> {
  const tokens: number[] = [];
  for await (const token of generate(options)) tokens.push(token);
  return tokens;
}

/** The session, and the number of tokens in each of its runs and steps. */
function watched(session: Session): [Session, number[]] {
  const lengths: number[] = [];
  const seen: Session = {
    device: session.device,
    notices: [],
    program: session.program,
    run: (feeds, options) => {
      lengths.push(feeds.tokens?.shape[1] ?? -1);
      return session.run(feeds, options);
    },
    step: (feeds, options) => {
      lengths.push(feeds.tokens?.shape[1] ?? -1);
      return session.step(feeds, options);
    },
    getState: () => session.getState(),
    setState: (state) => session.setState(state),
    resetState: () => session.resetState(),
    placement: () => session.placement(),
    dispose: () => session.dispose(),
  };
  return [seen, lengths];
}

describe.each<[string, () => Pick<GenerateOptions, 'forward' | 'decode'>]>([
  ['a forward program', () => ({ forward })],
  ['a decode program', () => ({ decode })],
])('with %s', (_, sessions) => {
  test.each<[string, number[], number, number, SamplingOptions]>([
    ['within the block, greedy', [3], 5, 8, { temperature: 0 }],
    ['within the block, drawn', [3, 1, 4], 5, 8, { seed: 5 }],
    ['past the block, greedy', [3, 1], 30, 8, { temperature: 0 }],
    ['past the block, drawn', [3, 1], 30, 8, { seed: 7, temperature: 0.8, topK: 6, topP: 0.95 }],
    ['from a prompt as long as the block', [0, 1, 2, 3], 6, 4, { seed: 8 }],
    ['from a prompt longer than the block', [0, 1, 2, 3, 4, 5, 6], 6, 4, { seed: 9 }],
    ['with a block of one', [2], 6, 1, { seed: 10 }],
    ['nothing', [2], 0, 4, {}],
  ])("writes what the lecture's loop writes: %s", async (_case, tokens, count, blockSize, sampling) => {
    const written = await collect({ ...sessions(), tokens, count, blockSize, sampling });
    expect(written).toEqual(lecture(tokens, count, blockSize, sampling));
    expect(written).toHaveLength(count);
  });

  test('each token comes before the next one is computed', async () => {
    const iterator = generate({ ...sessions(), tokens: [1], count: 1e9, blockSize: 8 });
    expect((await iterator.next()).done).toBe(false);
    expect((await iterator.next()).done).toBe(false);
    await iterator.return();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test('a signal stops it between two tokens', async () => {
    const controller = new AbortController();
    const tokens: number[] = [];
    const run = async () => {
      for await (const token of generate({
        ...sessions(),
        tokens: [1],
        count: 100,
        blockSize: 8,
        signal: controller.signal,
      })) {
        tokens.push(token);
        if (tokens.length === 3) controller.abort(new Error('enough'));
      }
    };
    await expect(run()).rejects.toThrow('enough');
    expect(tokens).toHaveLength(3);
  });

  test.each<[string, Partial<GenerateOptions>, string]>([
    ['an empty prompt', { tokens: [] }, 'The prompt is empty'],
    ['a negative count', { count: -1 }, 'from 0, not -1'],
    ['a block of nothing', { blockSize: 0 }, 'from 1, not 0'],
    ['impossible sampling', { sampling: { topP: 2 } }, 'topP'],
  ])('refuses %s', async (_case, options, message) => {
    const run = collect({ ...sessions(), tokens: [1], count: 1, blockSize: 4, ...options });
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toBeInstanceOf(UserError);
  });
});

test('a decode program sees the prompt once, then one token a step, then the window', async () => {
  const [session, lengths] = watched(decode);
  await collect({ decode: session, tokens: [1, 2, 3], count: 5, blockSize: 5 });
  // The contexts are 3, 4, 5, 6 and 7 long.
  expect(lengths).toEqual([3, 1, 1, 5, 5]);
});

test('a forward program sees the last block each time', async () => {
  const [session, lengths] = watched(forward);
  await collect({ forward: session, tokens: [1, 2, 3], count: 4, blockSize: 5 });
  expect(lengths).toEqual([3, 4, 5, 5]);
});

test('a continuation starts afresh on a decode session that was used before', async () => {
  const options = { decode, tokens: [4, 2], count: 3, blockSize: 8, sampling: { seed: 3 } };
  const first = await collect(options);
  expect(await collect(options)).toEqual(first);
});

test('sessions of other programs are refused', async () => {
  const other = await open(counter(), { worker: false });
  await expect(collect({ tokens: [1], count: 1, blockSize: 4 })).rejects.toThrow('needs a forward or a decode program');
  await expect(collect({ decode: forward, tokens: [1], count: 1, blockSize: 4 })).rejects.toThrow('no state');
  await expect(collect({ forward: other, tokens: [1], count: 1, blockSize: 4 })).rejects.toThrow('no input "tokens"');
  await other.dispose();
});
