import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { type GenerateOptions, generate, generateScored } from '../../../src/runtime/generation/generate-tokens.ts';
import { type SamplingOptions, sample } from '../../../src/runtime/generation/sampling.ts';
import { open } from '../../../src/runtime/node/open.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { fakeSession } from '../../support/fake-session.ts';
import { tinyLogits } from '../../support/tiny-logits.ts';
import { counter, tinyDecode, tinyForward, tinyVocabulary } from '../../support/tiny-models.ts';

let forward: Session;
let decode: Session;

beforeAll(async () => {
  forward = await open(tinyForward(), { worker: false });
  decode = await open(tinyDecode(), { worker: false });
});
afterAll(() => Promise.all([forward.dispose(), decode.dispose()]));

/** The lecture's loop: crop to the last block, take the logits at the end, draw, append. */
function lecture(prompt: readonly number[], count: number, blockSize: number, sampling: SamplingOptions): number[] {
  const text = [...prompt];
  for (let step = 0; step < count; step += 1) {
    text.push(sample(tinyLogits(text.slice(-blockSize)), { ...sampling, step, seen: text }));
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
    ['within the block, greedy', [3], 5, 8, { greedy: true }],
    ['within the block, drawn', [3, 1, 4], 5, 8, { seed: 5 }],
    ['past the block, greedy', [3, 1], 30, 8, { greedy: true }],
    ['past the block, drawn', [3, 1], 30, 8, { seed: 7, temperature: 0.8, topK: 6, topP: 0.95 }],
    ['past the block, with all that there is', [3, 1], 30, 8, { seed: 7, topK: 9, minP: 0.05, repetitionPenalty: 1.3 }],
    ['greedy, with a penalty for what is there', [3, 1], 30, 8, { greedy: true, repetitionPenalty: 2 }],
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
    ['a temperature of 0', { sampling: { temperature: 0 } }, 'temperature must be a number above 0'],
    ['a top-k beyond the vocabulary', { sampling: { topK: 12 } }, 'topK is 12, but the vocabulary has 11 tokens'],
    [
      'a token that there is not',
      { tokens: [1, 11] },
      "The prompt has the token 11, but the model's tokens are from 0 to 10",
    ],
    ['a token below 0', { tokens: [-1] }, 'The prompt has the token -1'],
  ])('refuses %s', async (_case, options, message) => {
    const run = collect({ ...sessions(), tokens: [1], count: 1, blockSize: 4, ...options });
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toBeInstanceOf(UserError);
  });
});

describe('with the probabilities of each token', () => {
  const sampling: SamplingOptions = { seed: 5, temperature: 0.7, topK: 5, repetitionPenalty: 1.2 };
  const options = { tokens: [3, 1], count: 12, blockSize: 8, sampling };

  test.each([0, 3, tinyVocabulary])('and %i alternatives, the tokens are the same', async (alternatives) => {
    const context = [...options.tokens];
    for await (const scored of generateScored({ ...options, forward, alternatives })) {
      // What the model held of it, whatever the sampling: the logarithm of the softmax of its logits, in float64.
      const logits = [...tinyLogits(context.slice(-8))];
      const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
      expect(scored.logProbability).toBeCloseTo((logits[scored.token] ?? 0) - total, 5);
      const expected = [...logits.keys()].sort((one, other) => (logits[other] ?? 0) - (logits[one] ?? 0));
      expect(scored.alternatives.map(({ token }) => token)).toEqual(expected.slice(0, alternatives));
      for (const { token, logProbability } of scored.alternatives) {
        expect(logProbability).toBeCloseTo((logits[token] ?? 0) - total, 5);
      }
      if (alternatives === tinyVocabulary) {
        const sum = scored.alternatives.reduce((all, { logProbability }) => all + Math.exp(logProbability), 0);
        expect(sum).toBeCloseTo(1, 10);
      }
      context.push(scored.token);
    }
    expect(context.slice(2)).toEqual(await collect({ ...options, forward }));
  });

  test('more alternatives than tokens are refused', async () => {
    const run = generateScored({ ...options, forward, alternatives: 12 }).next();
    await expect(run).rejects.toThrow('12 alternatives were asked for, but the vocabulary has 11 tokens');
  });
});

test('a block longer than the model’s is refused, before anything runs', async () => {
  const { program } = fakeSession();
  const short = fakeSession({ program: { ...program, config: { n_positions: 64 } } });
  for (const sessions of [{ forward: short }, { forward, decode: short }]) {
    const run = collect({ ...sessions, tokens: [1], count: 1, blockSize: 65 });
    await expect(run).rejects.toThrow("The block size 65 is longer than the model's");
    await expect(run).rejects.toBeInstanceOf(UserError);
  }
});

test('without a block size, the least that the programs’ files say is read', async () => {
  const [session, runs] = watched(forward);
  const [cached] = watched(decode);
  const seeing = (size: number, { program, ...rest }: Session): Session => ({
    ...rest,
    program: { ...program, config: { n_positions: size } },
  });
  const options = { tokens: [1, 2, 3], count: 4, sampling: { seed: 2 } };
  expect(await collect({ ...options, forward: seeing(5, session) })).toEqual(lecture([1, 2, 3], 4, 5, { seed: 2 }));
  expect(runs).toEqual([3, 4, 5, 5]);
  const both = { forward: seeing(5, session), decode: seeing(4, cached) };
  expect(await collect({ ...options, ...both })).toEqual(lecture([1, 2, 3], 4, 4, { seed: 2 }));
});

test('a file that says no block size, and none given, is an error before anything runs', async () => {
  const run = collect({ forward: fakeSession(), tokens: [1], count: 1 });
  await expect(run).rejects.toThrow(
    'The file does not say how many tokens its model sees at once: give the block size.',
  );
  await expect(run).rejects.toBeInstanceOf(UserError);
});

test('with both programs, the cache serves the block and the forward program what is past it', async () => {
  const [cached, steps] = watched(decode);
  const [whole, runs] = watched(forward);
  const options = { tokens: [1, 2, 3], count: 6, blockSize: 5, sampling: { seed: 2 } };
  expect(await collect({ ...options, decode: cached, forward: whole })).toEqual(lecture([1, 2, 3], 6, 5, { seed: 2 }));
  expect(steps).toEqual([3, 1, 1]);
  expect(runs).toEqual([5, 5, 5]);
});

test('a signal that was aborted before stops it before the first token', async () => {
  const [session, lengths] = watched(forward);
  const run = collect({
    forward: session,
    tokens: [1],
    count: 3,
    blockSize: 8,
    signal: AbortSignal.abort(new Error('no')),
  });
  await expect(run).rejects.toThrow('no');
  expect(lengths).toEqual([]);
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
