import { describe, expect, it, test } from 'vitest';
import {
  abs,
  add,
  concat,
  constant,
  cumSum,
  gather,
  greater,
  matMul,
  mul,
  parameter,
  reduceMax,
  reduceMean,
  reshape,
  sigmoid,
  slice,
  softmax,
  split,
  sub,
  topK,
  transpose,
  unsqueeze,
  type Value,
  where,
} from '../../src/graph/index.ts';
import {
  type ConfiguredModel,
  causalMask,
  defineModel,
  embedding,
  linear,
  positions,
  width,
} from '../../src/model/index.ts';
import { forwardProgram } from '../../src/programs/index.ts';
import { generateBatch } from '../../src/runtime/generation/generate-tokens.ts';
import { ownModel } from '../support/own-model.ts';
import { distance, numbersOf, openFile, runFile } from '../support/run-graph.ts';
import { someTokens, tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

const vocabulary = 11;

/** Runs both programs on texts of several lengths. */
async function expectTheSame(model: ConfiguredModel): Promise<void> {
  const [all, last] = [tinyFile('forward', model), tinyFile('forward', model, { last: true })];
  for (const shape of [
    [1, 1],
    [3, 5],
    [2, 8],
  ] as const) {
    const feeds = { tokens: someTokens(shape) };
    const [every, only] = [(await runFile(all, feeds)).logits, (await runFile(last, feeds)).logits];
    const [batch, time] = shape;
    const rounding = 1e-6 * Math.max(10, ...numbersOf(every).map(Math.abs));
    expect(only?.shape).toEqual([batch, 1, vocabulary]);
    for (let row = 0; row < batch; row += 1) {
      const end = (row * time + time) * vocabulary;
      const expected = numbersOf(every).slice(end - vocabulary, end);
      expect(distance(numbersOf(only).slice(row * vocabulary, (row + 1) * vocabulary), expected)).toBeLessThan(
        rounding,
      );
    }
  }
}

/** What a layer makes of x, (B, T, 8) of both. */
const layers: Readonly<Record<string, (x: Value) => Value>> = {
  'a mean over all tokens': (x) => add(x, reduceMean(x, { axes: [1], keepDims: true })),
  'means of some axes': (x) => {
    const heads = reshape(x, [...x.shape.slice(0, 2), 2, 4]); // (B, T, 2, 4)
    const means = reduceMean(heads, { axes: [2], keepDims: true }); // (B, T, 1, 4)
    return reshape(sub(heads, mul(means, reduceMean(heads, { axes: [1, 3], keepDims: true }))), x.shape);
  },
  'the largest of each vector': (x) => sub(x, reduceMax(abs(x), { axes: [-1], keepDims: true })),
  'a sum up to each token': (x) => cumSum(x, constant(1, 'int32')),
  'a softmax along the text': (x) => mul(x, softmax(x, { axis: 1 })),
  'a gate by the first token': (x) => mul(x, sigmoid(slice(x, { axis: 1, end: 1, length: 1 }))),
  'the token before': (x) =>
    slice(concat([slice(mul(x, 0), { axis: 1, end: 1, length: 1 }), x], { axis: 1 }), {
      axis: 1,
      end: -1,
      length: 'time',
    }),
  'axes in another order': (x) => transpose(sigmoid(transpose(x, [1, 0, 2])), [1, 0, 2]),
  'features apart and together': (x) => {
    const [one, other] = split(x, [3, 5], { axis: -1 }) as [Value, Value];
    return concat([other, sigmoid(one)], { axis: -1 });
  },
  'heads by a reshape': (x) => {
    const heads = softmax(reshape(x, [...x.shape.slice(0, 2), 2, 4]), { axis: -1 });
    return reshape(transpose(heads, [0, 1, 3, 2]), x.shape);
  },
  'heads in the place of the text': (x) => {
    const heads = transpose(reshape(x, [...x.shape.slice(0, 2), 2, 4]), [0, 2, 1, 3]); // (B, 2, T, 4)
    return reshape(transpose(sigmoid(heads), [0, 2, 1, 3]), x.shape);
  },
  'a choice by place': (x) => {
    const place = positions(embedding('gate', 8, 8)); // (T, 8)
    return where(greater(place, 0), x, mul(x, 2));
  },
  'the two largest': (x) => {
    const { values } = topK(x, 2, { axis: 2 });
    return concat([slice(x, { axis: 2, end: 6, length: 6 }), values], { axis: 2 });
  },
  'a table looked up by what is largest': (x) => {
    const { indices } = topK(x, 1, { axis: 2 }); // (B, T, 1)
    const found = gather(embedding('experts', 8, 8), indices); // (B, T, 1, 8)
    return reshape(found, x.shape);
  },
  'each token to all that see it, and all that it sees': (x) => {
    const seen = mul(causalMask(x, 1), sigmoid(matMul(x, transpose(x, [0, 2, 1])))); // (B, T, T)
    return add(matMul(seen, x), matMul(transpose(seen, [0, 2, 1]), x));
  },
  'neighbours of neighbours': (x) => {
    const seen = mul(causalMask(x, 1), sigmoid(matMul(x, transpose(x, [0, 2, 1])))); // (B, T, T)
    return matMul(matMul(seen, seen), x);
  },
  'one value twice': (x) =>
    add(
      mul(x, x),
      concat([slice(x, { axis: 2, start: 4, length: 4 }), slice(x, { axis: 2, end: 4, length: 4 })], { axis: 2 }),
    ),
  'a vector for all': (x) => add(mul(x, parameter('scale', [8])), unsqueeze(parameter('shift', [1, 8]), [0])),
};

/** A model whose last layer is one of these, between two that look at each token alone. */
const modelWith = (layer: (x: Value) => Value): ConfiguredModel =>
  defineModel({
    name: 'odd',
    settings: {},
    logits: (tokens, sizes) => {
      const x = add(gather(embedding('tokens', sizes.vocabulary, 8), tokens), positions(embedding('places', 8, 8))); // (B, T, 8)
      const y = layer(linear('before', x, 8)); // (B, T, 8)
      return linear('head', add(y, linear('after', y, width(y))), sizes.vocabulary); // (B, T, V)
    },
  }).configure({ vocabulary, block: 8 });

describe('a forward program of the last token alone', () => {
  test.each(tinyStages)('gives the last of all logits, for any length: %s', async (stage) => {
    await expectTheSame(tinyModel(stage));
  });

  test.each(Object.keys(layers))('gives them of a model of one’s own, with %s', async (what) => {
    await expectTheSame(modelWith(layers[what] ?? ((x) => x)));
  });

  it('gives them of a model of one’s own with RMSNorm, gated layers and a layer over all that was read', async () => {
    for (const activation of ['silu', 'relu'] as const) {
      await expectTheSame(ownModel.configure({ vocabulary, block: 8, activation }));
    }
    await expectTheSame(ownModel.configure({ vocabulary, block: 8, recalls: false }));
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

  it('computes no more for a model of one’s own: of its last attention the last row', async () => {
    const model = ownModel.configure({ vocabulary, block: 8, recalls: false });
    const last = await runFile(tinyFile('forward', model, { last: true, taps: ['attention'] }), {
      tokens: someTokens([2, 5]),
    });
    expect(last['attention.0']?.shape).toEqual([2, 2, 5, 5]);
    expect(last['attention.1']?.shape).toEqual([2, 2, 1, 5]);
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
