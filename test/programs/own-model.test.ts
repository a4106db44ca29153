import { describe, expect, test } from 'vitest';
import { writeOnnx } from '../../src/export/write-onnx.ts';
import { readOnnxModel } from '../../src/import/read-onnx-model.ts';
import { makeProgram, type ProgramName, programNames } from '../../src/programs/index.ts';
import { textGenerationForms, textGenerationProgram } from '../../src/programs/text-generation-program.ts';
import { generate } from '../../src/runtime/generation/generate-tokens.ts';
import { scalar, type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { initialState } from '../../src/train/trainer/training-state.ts';
import { problemsOf } from '../support/check-graph.ts';
import { ownModel } from '../support/own-model.ts';
import { distance, numbersOf, openFile, runFile } from '../support/run-graph.ts';
import { someOptimizer, someTokens, strongWeights, tinyFile, trainingState } from '../support/tiny-ladder.ts';

const [time, vocabulary] = [8, 11];
const model = ownModel.configure({ vocabulary, block: time });
const weights = strongWeights(model);

/** One of its programs as a file. */
const file = (program: ProgramName, options: Parameters<typeof tinyFile>[2] = {}): Uint8Array =>
  tinyFile(program, model, { weights, ...options });

const tolerance = (numbers: readonly number[]): number =>
  1e-5 * numbers.reduce((most, number) => Math.max(most, Math.abs(number)), 1);

/** The forward program's logits of whole texts. */
async function whole(tokens: ReturnType<typeof someTokens>): Promise<number[]> {
  return numbersOf((await runFile(file('forward'), { tokens })).logits);
}

describe('a model of one’s own', () => {
  test.each(programNames)('makes the %s program, every name defined once and before it is used', (name) => {
    const { graph } = makeProgram(name, model, { optimizer: someOptimizer });
    expect(problemsOf(graph)).toEqual([]);
    expect(graph.name).toBe(`rms-gpt ${name}`);
  });

  test('is causal: no later token changes the logits before it', async () => {
    const tokens = someTokens([1, time]);
    const before = await whole(tokens);
    const changed = tensor(
      'int32',
      [1, time],
      tokens.data.map((id, place) => (place === 5 ? (id + 3) % vocabulary : id)),
    );
    const after = await whole(changed);
    expect(after.slice(0, 5 * vocabulary)).toEqual(before.slice(0, 5 * vocabulary));
    expect(distance(after.slice(5 * vocabulary), before.slice(5 * vocabulary))).toBeGreaterThan(1e-3);
  });

  test('is decoded piece by piece as it is read as a whole', async () => {
    const tokens = someTokens([1, time]);
    const expected = await whole(tokens);
    const decode = await openFile(file('decode'));
    expect(decode.program.state.map(({ input }) => input)).toEqual(
      ['0.key', '0.value', '1.key', '1.value', 'read'].map((name) => `cache.${name}`),
    );
    const found: number[] = [];
    for (const [start, end] of [
      [0, 3],
      [3, 4],
      [4, 8],
    ] as const) {
      const piece = tensor('int32', [1, end - start], tokens.data.slice(start, end));
      found.push(...numbersOf((await decode.step({ tokens: piece })).logits));
    }
    await decode.dispose();
    expect(distance(found, expected)).toBeLessThan(tolerance(expected));
  });

  test('writes in one run what the loop writes with its forward program, past the block', async () => {
    const [tokens, count] = [[3, 1, 4], 20];
    const scalars: Tensors = {
      count: scalar('int32', count),
      temperature: scalar('float32', 0.9),
      top_k: scalar('int32', 5),
      top_p: scalar('float32', 1),
      seed: scalar('int32', 2),
    };
    const { generated } = await runFile(file('generate'), { tokens: tensor('int32', [1, 3], tokens), ...scalars });
    const forward = await openFile(file('forward'));
    const written: number[] = [];
    const sampling = { temperature: 0.9, topK: 5, seed: 2 };
    for await (const token of generate({ forward, tokens, count, blockSize: time, sampling })) written.push(token);
    await forward.dispose();
    expect(numbersOf(generated)).toEqual(written);
    expect(new Set(written).size).toBeGreaterThan(2);
  });

  test('shows its attention, rows that sum to 1', async () => {
    const results = await runFile(file('forward', { taps: ['attention'] }), { tokens: someTokens([2, 5]) });
    expect(Object.keys(results)).toEqual(['logits', 'attention.0', 'attention.1']);
    const rows = numbersOf(results['attention.1']);
    expect(results['attention.1']?.shape).toEqual([2, 2, 5, 5]);
    for (let row = 0; row < rows.length; row += 5) {
      expect(rows.slice(row, row + 5).reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
    }
  });

  test('has the same logits with a fused attention', async () => {
    const tokens = someTokens([2, 6]);
    const expected = await whole(tokens);
    const { logits } = await runFile(file('forward', { attention: 'fused', opset: 23 }), { tokens });
    expect(distance(numbersOf(logits), expected)).toBeLessThan(tolerance(expected));
  });

  test('learns: its loss before the first step is that of its evaluate program, and falls', async () => {
    const [tokens, targets] = [someTokens([4, time], 1), someTokens([4, time], 2)];
    const beginning = new Map(
      Object.entries(initialState(model, { seed: 1, optimizer: someOptimizer })).flatMap(([name, { data }]) =>
        weights.has(name) && data instanceof Float32Array ? [[name, data] as const] : [],
      ),
    );
    const { loss: evaluated } = await runFile(file('evaluate', { weights: beginning }), { tokens, targets });
    const steps = 60;
    const train = await openFile(file('train'));
    await train.setState(trainingState(train.program, beginning));
    const repeated = (data: Int32Array): Int32Array =>
      Int32Array.from({ length: steps * data.length }, (_, index) => data[index % data.length] ?? 0);
    const { loss } = await train.step({
      tokens: tensor('int32', [steps, 4, time], repeated(tokens.data)),
      targets: tensor('int32', [steps, 4, time], repeated(targets.data)),
      learning_rate: tensor('float32', [steps], new Float32Array(steps).fill(1e-2)),
      seed: scalar('int32', 1),
    });
    await train.dispose();
    const losses = numbersOf(loss);
    expect(losses[0]).toBeCloseTo(numbersOf(evaluated)[0] ?? Number.NaN, 5);
    expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? 0));
  });

  test('drops in training, and nowhere else', async () => {
    const dropping = model.with({ dropout: 0.5 });
    const [tokens, targets] = [someTokens([1, 4, time], 1), someTokens([1, 4, time], 2)];
    const lossWith = async (seed: number): Promise<number> => {
      const train = await openFile(tinyFile('train', dropping));
      await train.setState(trainingState(train.program, weights));
      const rate = tensor('float32', [1], [0]);
      const { loss } = await train.step({ tokens, targets, learning_rate: rate, seed: scalar('int32', seed) });
      await train.dispose();
      return numbersOf(loss)[0] ?? Number.NaN;
    };
    expect(await lossWith(1)).not.toBe(await lossWith(2));
    const one = someTokens([1, time]);
    expect(numbersOf((await runFile(tinyFile('forward', dropping, { weights }), { tokens: one })).logits)).toEqual(
      await whole(one),
    );
  });

  test.each(textGenerationForms)('is written for other tools, %s form', async (form) => {
    const ids = someTokens([1, 5]);
    const { graph, scores } = textGenerationProgram(model, form);
    expect(problemsOf(graph)).toEqual([]);
    const past = graph.inputs.filter(({ name }) => name.startsWith('past'));
    const feeds = past.map(({ name, value: { type, shape } }) => {
      const sizes = shape.map((size) => (typeof size === 'number' ? size : size === 'batch_size' ? 1 : 0));
      return [
        name,
        type === 'int64' ? tensor('int64', sizes, new BigInt64Array(0)) : tensor('float32', sizes, new Float32Array(0)),
      ] as const;
    });
    const { logits } = await runFile(writeOnnx(graph, { weights }), {
      input_ids: tensor('int64', [1, 5], BigInt64Array.from(ids.data, BigInt)),
      attention_mask: tensor('int64', [1, 5], new BigInt64Array(5).fill(1n)),
      ...Object.fromEntries(feeds),
    });
    const found = numbersOf(logits).filter((_, index) => index % scores < vocabulary);
    const expected = await whole(ids);
    expect(distance(found, expected)).toBeLessThan(tolerance(expected));
  });

  test('comes back from its own file to whoever has its definition', () => {
    const bytes = file('forward');
    const read = readOnnxModel(bytes, 'own.onnx', [ownModel]);
    expect(read.model).toEqual(model);
    expect(new Map(read.weights)).toEqual(weights);
    expect(() => readOnnxModel(bytes, 'own.onnx')).toThrow(
      /^own\.onnx describes no model: There is no model called rms-gpt\./,
    );
  });
});
