import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generate } from '../../src/runtime/generation/generate-tokens.ts';
import type { SamplingOptions } from '../../src/runtime/generation/sampling.ts';
import type { Session } from '../../src/runtime/session.ts';
import { scalar, type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { numbersOf, openFile } from '../support/run-graph.ts';
import { someTokens, tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

/** The scalars that the program takes. */
function inputsOf(count: number, { greedy, temperature, topK, topP, seed }: SamplingOptions): Tensors {
  return {
    count: scalar('int32', count),
    temperature: scalar('float32', greedy === true ? 0 : (temperature ?? 1)),
    top_k: scalar('int32', topK ?? 0),
    top_p: scalar('float32', topP ?? 1),
    seed: scalar('int32', seed ?? 0),
  };
}

/** What the exported program writes: one row for each prompt. */
async function inGraph(
  session: Session,
  prompts: readonly (readonly number[])[],
  count: number,
  sampling: SamplingOptions,
): Promise<number[][]> {
  const length = prompts[0]?.length ?? 0;
  const tokens = tensor('int32', [prompts.length, length], prompts.flat());
  const { generated } = await session.run({ tokens, ...inputsOf(count, sampling) });
  expect(generated?.shape).toEqual([prompts.length, count]);
  const numbers = numbersOf(generated);
  return prompts.map((_, row) => numbers.slice(row * count, (row + 1) * count));
}

/** What the host's loop writes with the forward program. */
async function onHost(
  forward: Session,
  tokens: readonly number[],
  count: number,
  sampling: SamplingOptions,
): Promise<number[]> {
  const written: number[] = [];
  for await (const token of generate({ forward, tokens, count, blockSize: 8, sampling })) written.push(token);
  return written;
}

const prompt = (length: number): number[] => Array.from(someTokens([length]).data);

describe.each(tinyStages)('%s', (stage) => {
  let graph: Session;
  let oneLoop: Session;
  let forward: Session;
  beforeAll(async () => {
    const model = tinyModel(stage);
    graph = await openFile(tinyFile('generate', model));
    oneLoop = await openFile(tinyFile('generate', model, { segmented: false }));
    forward = await openFile(tinyFile('forward', model));
  });
  afterAll(() => Promise.all([graph.dispose(), oneLoop.dispose(), forward.dispose()]));

  test.each<[what: string, length: number, sampling: SamplingOptions]>([
    ['greedily', 3, { greedy: true }],
    ['greedily from a prompt longer than the block', 13, { greedy: true, seed: 5 }],
    ['drawn', 1, { seed: 1 }],
    ['drawn flat, from a prompt longer than the block', 11, { seed: -7, temperature: 3 }],
    ['drawn sharp, among a few', 8, { seed: 2 ** 31 - 1, temperature: 0.5, topK: 3, topP: 0.9 }],
  ])('%s: the program writes what the host’s loop writes', async (_what, length, sampling) => {
    const expected = [await onHost(forward, prompt(length), 20, sampling)];
    expect(await inGraph(graph, [prompt(length)], 20, sampling)).toEqual(expected);
    expect(await inGraph(oneLoop, [prompt(length)], 20, sampling)).toEqual(expected);
  });
});

describe('gpt-nano, with every way to sample', () => {
  let graph: Session;
  let forward: Session;
  beforeAll(async () => {
    const model = tinyModel('gpt-nano');
    graph = await openFile(tinyFile('generate', model));
    forward = await openFile(tinyFile('forward', model));
  });
  afterAll(() => Promise.all([graph.dispose(), forward.dispose()]));

  const options: SamplingOptions[] = [0.1, 0.8, 1, 2.5].flatMap((temperature) =>
    [0, 1, 4, 11].flatMap((topK) => [0.001, 0.5, 0.95, 1].map((topP) => ({ temperature, topK, topP }))),
  );

  test('the program and the host agree on every token', async () => {
    for (const [index, option] of options.entries()) {
      const sampling = { ...option, seed: 1000 * index };
      const [written] = await inGraph(graph, [prompt(4)], 16, sampling);
      expect(written, JSON.stringify(sampling)).toEqual(await onHost(forward, prompt(4), 16, sampling));
    }
  });

  test('row b of a batch is what seed + b writes alone', async () => {
    const prompts = [prompt(5), prompt(10).slice(5), prompt(5)];
    const sampling = { seed: 40, temperature: 1.5, topK: 8, topP: 0.98 };
    const together = await inGraph(graph, prompts, 20, sampling);
    for (const [row, tokens] of prompts.entries()) {
      expect(together[row]).toEqual(await onHost(forward, tokens, 20, { ...sampling, seed: 40 + row }));
    }
    expect(together[2]).not.toEqual(together[0]);
  });

  test('another seed writes another text, the same seed the same', async () => {
    const texts = await Promise.all([1, 1, 2].map((seed) => inGraph(graph, [prompt(4)], 30, { seed, temperature: 2 })));
    expect(texts[1]).toEqual(texts[0]);
    expect(texts[2]).not.toEqual(texts[0]);
  });

  test('a longer text begins with the shorter one', async () => {
    const [short] = await inGraph(graph, [prompt(4)], 5, { seed: 3 });
    const [long] = await inGraph(graph, [prompt(4)], 25, { seed: 3 });
    expect(long?.slice(0, 5)).toEqual(short);
  });

  test('no characters asked for, none written', async () => {
    expect(await inGraph(graph, [prompt(4), prompt(4)], 0, {})).toEqual([[], []]);
  });
});

describe('with a token that ends a text', () => {
  const model = tinyModel('gpt-nano');
  const sampling = { seed: 11, temperature: 1.5 };
  const prompts = [prompt(3), prompt(9).slice(6)];

  /** Each row of the endless text up to its first `stop`, and that token again until the last row has ended. */
  function ended(rows: readonly (readonly number[])[], stop: number, count: number): number[][] {
    const lengths = rows.map((row) => (row.includes(stop) ? row.indexOf(stop) + 1 : count));
    const longest = Math.max(...lengths);
    return rows.map((row, index) =>
      Array.from({ length: longest }, (_, place) => (place < (lengths[index] ?? 0) ? (row[place] ?? -1) : stop)),
    );
  }

  test.each(Array.from({ length: 11 }, (_, stop) => [stop]))(
    'token %i: each row ends at it, and the run with the last row',
    async (stop) => {
      const endless = await openFile(tinyFile('generate', model));
      const stopping = await openFile(tinyFile('generate', model, { stop, segmented: stop % 2 === 0 }));
      for (const count of [1, 6, 30]) {
        const rows = await inGraph(endless, prompts, count, sampling);
        const tokens = tensor('int32', [2, 3], prompts.flat());
        const { generated } = await stopping.run({ tokens, ...inputsOf(count, sampling) });
        const expected = ended(rows, stop, count);
        expect(generated?.shape).toEqual([2, expected[0]?.length]);
        expect(numbersOf(generated)).toEqual(expected.flat());
      }
      await Promise.all([endless.dispose(), stopping.dispose()]);
    },
  );
});

describe('characters in, characters out', () => {
  const model = tinyModel('gpt-nano');
  const characters = Array.from('abcdefghijk');

  test('the program writes the characters of the ids it would have written', async () => {
    const ids = await openFile(tinyFile('generate', model));
    const talking = await openFile(tinyFile('generate', model, { characters }));
    const [written] = await inGraph(ids, [prompt(5)], 20, { seed: 3 });
    const asked = tensor(
      'string',
      [1, 5],
      prompt(5).map((id) => characters[id] ?? ''),
    );
    const { generated } = await talking.run({ characters: asked, ...inputsOf(20, { seed: 3 }) });
    expect(generated?.shape).toEqual([1, 20]);
    expect(generated?.data).toEqual(written?.map((id) => characters[id]));
    await Promise.all([ids.dispose(), talking.dispose()]);
  });

  test('a character it does not know is an error, not another character', async () => {
    const talking = await openFile(tinyFile('generate', model, { characters }));
    const asked = tensor('string', [1, 2], ['a', 'z']);
    await expect(talking.run({ characters: asked, ...inputsOf(3, {}) })).rejects.toThrow(/out of data bounds/);
    await talking.dispose();
  });
});

test('a batch and a length that are numbers in the file write the same', async () => {
  const model = tinyModel('gpt-nano');
  const free = await openFile(tinyFile('generate', model));
  const fixed = await openFile(tinyFile('generate', model, { sizes: { batch: 2, time: 3 } }));
  const prompts = [prompt(3), prompt(9).slice(6)];
  expect(fixed.program.inputs.find(({ name }) => name === 'tokens')?.shape).toEqual([2, 3]);
  expect(await inGraph(fixed, prompts, 15, { seed: 1 })).toEqual(await inGraph(free, prompts, 15, { seed: 1 }));
  await Promise.all([free.dispose(), fixed.dispose()]);
});
