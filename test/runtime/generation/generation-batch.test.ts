import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { type GenerateBatchOptions, generate, generateBatch } from '../../../src/runtime/generation/generate-tokens.ts';
import { type SamplingOptions, sample } from '../../../src/runtime/generation/sampling.ts';
import { open } from '../../../src/runtime/node/open.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { countedCache } from '../../support/counted-cache.ts';
import { openFile } from '../../support/run-graph.ts';
import { someTokens, tinyFile, tinyModel, tinyStages } from '../../support/tiny-ladder.ts';
import { tinyLogits } from '../../support/tiny-logits.ts';
import { tinyDecode, tinyForward, tinyVocabulary } from '../../support/tiny-models.ts';

let forward: Session;
let decode: Session;
beforeAll(async () => {
  forward = await open(tinyForward(), { worker: false });
  decode = await open(tinyDecode(), { worker: false });
});
afterAll(() => Promise.all([forward.dispose(), decode.dispose()]));

/** Each row alone, by the lecture's loop, up to the token that ends it. */
function alone(options: GenerateBatchOptions & { readonly blockSize: number }): number[][] {
  const { prompts, count, blockSize, sampling = {}, ends = () => false } = options;
  return prompts.map((prompt, row) => {
    const text = [...prompt];
    for (let step = 0; step < count; step += 1) {
      const place = { step, seed: (sampling.seed ?? 0) + row, seen: text };
      const token = sample(tinyLogits(text.slice(-blockSize)), { ...sampling, ...place });
      text.push(token);
      if (ends(token, row)) break;
    }
    return text.slice(prompt.length);
  });
}

async function together(options: GenerateBatchOptions): Promise<number[][]> {
  const rows: number[][] = options.prompts.map(() => []);
  for await (const tokens of generateBatch(options)) {
    expect(tokens).toHaveLength(rows.length);
    for (const [row, token] of tokens.entries()) if (token !== undefined) rows[row]?.push(token);
  }
  return rows;
}

const sources: [string, () => Pick<GenerateBatchOptions, 'forward' | 'decode'>][] = [
  ['a forward program', () => ({ forward })],
  ['a cache that grows', () => ({ decode })],
  ['a cache of a fixed size', () => ({ decode: countedCache(tinyLogits, 8, tinyVocabulary).session })],
  [
    'a cache of a fixed size, and a forward program',
    () => ({ forward, decode: countedCache(tinyLogits, 8, tinyVocabulary).session }),
  ],
];

describe.each(sources)('with %s', (_, programs) => {
  test.each<[string, number[][], number, SamplingOptions]>([
    [
      'of one length',
      [
        [3, 1],
        [4, 4],
        [3, 1],
      ],
      5,
      { seed: 5 },
    ],
    ['of different lengths', [[3], [1, 4, 1, 5, 9], [2, 6]], 3, { seed: 6 }],
    ['greedily', [[3], [1, 4, 1, 5, 9], [2, 6]], 3, { greedy: true }],
    [
      'past the block, one row after another',
      [[3], [1, 4, 1, 5, 9], [2, 6]],
      20,
      { seed: 7, temperature: 0.9, topK: 6 },
    ],
    [
      'past the block, all at once',
      [
        [3, 4],
        [1, 2],
        [2, 6],
      ],
      12,
      { seed: 8, topP: 0.9 },
    ],
    ['from prompts longer than the block', [[3, 4], someText(13), someText(9)], 6, { seed: 9, minP: 0.1 }],
    ['with a penalty for what each row has', [[3], [1, 4, 1, 5, 9], [2, 6]], 12, { seed: 10, repetitionPenalty: 1.5 }],
    ['one row', [[3, 1, 4]], 10, { seed: 11 }],
  ])('prompts %s are continued as each alone', async (_case, prompts, count, sampling) => {
    const options = { prompts, count, blockSize: 8, sampling };
    const written = await together({ ...programs(), ...options });
    expect(written).toEqual(alone(options));
    expect(written.map((row) => row.length)).toEqual(prompts.map(() => count));
  });

  test.each<[string, number[][]]>([
    [
      'of one length',
      [
        [3, 1],
        [4, 4],
        [3, 1],
        [2, 2],
      ],
    ],
    ['of different lengths', [[3], [1, 4, 1, 5], [2, 6], [9, 8, 7]]],
  ])('rows %s end by themselves, and the others go on', async (_case, prompts) => {
    const options = {
      prompts,
      count: 15,
      blockSize: 8,
      sampling: { seed: 12 },
      ends: (token: number, row: number) => token === 0 || (row === 1 && token < 6),
    };
    const written = await together({ ...programs(), ...options });
    expect(written).toEqual(alone(options));
    const lengths = written.map((row) => row.length);
    expect(new Set(lengths).size).toBeGreaterThan(1);
    expect(Math.max(...lengths)).toBeGreaterThan(8);
  });

  test('when all have ended, there is no further step', async () => {
    const prompts = [[3], [1, 4]];
    const steps: (readonly (number | undefined)[])[] = [];
    const ends = (_token: number, row: number): boolean => row === 0 || steps.length === 2;
    for await (const tokens of generateBatch({ ...programs(), prompts, count: 100, blockSize: 8, ends }))
      steps.push(tokens);
    expect(steps.map((tokens) => tokens.map((token) => token !== undefined))).toEqual([
      [true, true],
      [false, true],
      [false, true],
    ]);
  });
});

function someText(length: number): number[] {
  return Array.from(someTokens([length], length).data);
}

test('a cache of a fixed size sees each prompt once, filled up on the right, then a token a row, and none for rows that have ended', async () => {
  const cache = countedCache(tinyLogits, 8, tinyVocabulary);
  const prompts = [[3], [1, 4, 1], [2, 6]];
  const written: (readonly (number | undefined)[])[] = [];
  const ends = (_token: number, row: number): boolean => row === 1 && written.length === 1;
  for await (const tokens of generateBatch({ decode: cache.session, prompts, count: 4, blockSize: 8, ends }))
    written.push(tokens);
  const [first = [], second = [], third = []] = written;
  expect(cache.steps).toEqual([
    [
      [3, -1, -1],
      [1, 4, 1],
      [2, 6, -1],
    ],
    [[first[0]], [first[1]], [first[2]]],
    [[second[0]], [-1], [second[2]]],
    [[third[0]], [-1], [third[2]]],
  ]);
});

test('rows that have ended are left out where everything is computed anew', async () => {
  const cache = countedCache(tinyLogits, 4, tinyVocabulary);
  const prompts = [[3], [1, 4, 1]];
  const ends = (_token: number, row: number): boolean => row === 0;
  const sizes: number[] = [];
  for await (const _ of generateBatch({ decode: cache.session, prompts, count: 5, blockSize: 4, ends })) {
    sizes.push(cache.held().length);
  }
  // Texts of 3, 4, 5, 6 and 7 tokens: the last three are longer than the block.
  expect(sizes).toEqual([2, 2, 1, 1, 1]);
  expect(cache.steps.slice(2).map((rows) => rows.map((row) => row.length))).toEqual([[4], [4], [4]]);
});

const withMemory = tinyStages.filter((stage) => stage !== 'bigram');

describe.each(withMemory)('%s', (stage) => {
  const prompts = [5, 1, 8, 3].map(someText);
  const options = { prompts, count: 10, blockSize: 8, sampling: { seed: 3, temperature: 1.5 } };

  test.each(['grown', 'fixed'] as const)(
    'a batch with a %s cache is continued as each prompt alone with all of the text',
    async (cache) => {
      const model = tinyModel(stage);
      const [whole, cached] = await Promise.all([
        openFile(tinyFile('forward', model)),
        openFile(tinyFile('decode', model, { cache })),
      ]);
      const expected: number[][] = [];
      for (const [row, tokens] of prompts.entries()) {
        const own: number[] = [];
        const sampling = { ...options.sampling, seed: options.sampling.seed + row };
        for await (const token of generate({ ...options, forward: whole, tokens, sampling })) own.push(token);
        expected.push(own);
      }
      expect(await together({ ...options, decode: cached })).toEqual(expected);
      expect(await together({ ...options, forward: whole, decode: cached })).toEqual(expected);
      await Promise.all([whole.dispose(), cached.dispose()]);
    },
  );
});

describe('files of fixed sizes are fed in pieces of that size', () => {
  const prompts = [someText(5), someText(2)];
  const options = { prompts, count: 9, blockSize: 8, sampling: { seed: 4 } };

  test.each([1, 3, 8])('%i tokens at once', async (time) => {
    const model = tinyModel('gpt');
    const sizes = { batch: 2, time };
    const files = [
      tinyFile('forward', model),
      tinyFile('forward', model, { sizes: { batch: 2, time: 8 } }),
      tinyFile('decode', model, { sizes, cache: 'fixed' }),
    ];
    const sessions = await Promise.all(files.map(openFile));
    const [free, whole, cached] = sessions;
    if (free === undefined || whole === undefined || cached === undefined) throw new Error('three were opened');
    const expected = await together({ ...options, forward: free });
    expect(await together({ ...options, forward: whole })).toEqual(expected);
    expect(await together({ ...options, decode: cached })).toEqual(expected);
    await Promise.all(sessions.map((session) => session.dispose()));
  });
});

describe('what can’t be continued is refused', () => {
  test.each<[string, Partial<GenerateBatchOptions>, string]>([
    ['no prompts', { prompts: [] }, 'There are no prompts'],
    ['an empty prompt', { prompts: [[1], []] }, 'Prompt 1 is empty'],
    [
      'a token beyond the vocabulary',
      { prompts: [[1], [2, 11]] },
      "Prompt 1 has the token 11, but the model's tokens are from 0 to 10",
    ],
    ['a token below 0, which would be none', { prompts: [[3, -1]] }, 'The prompt has the token -1'],
    ['half a token', { prompts: [[0.5]] }, 'The prompt has the token 0.5'],
    ['a top-k beyond the vocabulary', { sampling: { topK: 12 } }, 'topK is 12, but the vocabulary has 11 tokens'],
  ])('%s', async (_, options, message) => {
    const written = together({ forward, prompts: [[1]], count: 1, blockSize: 8, ...options });
    await expect(written).rejects.toThrow(message);
    await expect(written).rejects.toBeInstanceOf(UserError);
  });
});
