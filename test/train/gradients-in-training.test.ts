import { describe, expect, test } from 'vitest';
import { modelNamed } from '../../models/index.ts';
import { exportProgram } from '../../src/export/export-program.ts';
import { input, seededDropout } from '../../src/graph/index.ts';
import { plainProgram } from '../../src/model/index.ts';
import { modelParameters, parametersOf } from '../../src/programs/parameters.ts';
import { trainProgram } from '../../src/programs/train-program.ts';
import { hash, normals } from '../../src/random/counter.ts';
import { elementCount, type Tensor, type Tensors, tensor, zeroTensor } from '../../src/runtime/tensor.ts';
import { crossEntropy } from '../../src/train/cross-entropy.ts';
import { adamw } from '../../src/train/optimizers/adamw.ts';
import { slotName } from '../../src/train/optimizers/optimizer.ts';
import { evaluate } from '../support/interpreter.ts';
import { relativeError } from '../support/interpreter-differences.ts';
import { tensorOf } from '../support/interpreter-tensor.ts';
import { numbersOf, openFile, runFile } from '../support/run-graph.ts';
import { sized } from '../support/sized.ts';

/**
 * Epsilon is larger than usual: the gradient of a key's bias is 0 but for rounding (it moves all scores of a row alike), and with
 * 1e-8 AdamW would make steps of that noise, here as in any implementation.
 */
const optimizer = adamw.with({ beta2: 0.99, epsilon: 1e-4, weightDecay: 0.1 });
const sizes = { vocabulary: 7, block: 4, embedding: 8, heads: 2, layers: 1, bias: true };
const [steps, batch, time] = [3, 2, 4];

/** A train program with dropout, and what to feed it at the start. */
function training(name: string, rate: number) {
  const model = sized(modelNamed(name), { ...sizes, dropout: rate });
  const program = trainProgram(model, { optimizer });
  const characters = (stream: number): Tensor => {
    const shape = [steps, batch, time];
    const data = Int32Array.from({ length: elementCount(shape) }, (_, index) => (hash(2, stream, index) >>> 1) % 7);
    return tensor('int32', shape, data);
  };
  const state: Record<string, Tensor> = { step: tensor('int32', [], [0]) };
  for (const [index, { name, value }] of modelParameters(model).entries()) {
    const shape = value.shape.map(Number);
    state[name] = tensor('float32', shape, normals(elementCount(shape), 0.3, 4, index));
    for (const slot of Object.keys(adamw.slots(optimizer))) state[slotName(name, slot)] = zeroTensor('float32', shape);
  }
  const feeds: Tensors = {
    tokens: characters(0),
    targets: characters(1),
    learning_rate: tensor('float32', [steps], [0.01, 0.02, 0.005]),
    seed: tensor('int32', [], [1337]),
    ...state,
  };
  return { model, program, feeds, file: exportProgram(program, { weights: new Map() }), state };
}

/** One step's share of the sequences. */
function only(step: number, feeds: Tensors): Tensors {
  const cut = (name: string): Tensor => {
    const whole = feeds[name];
    const shape = [1, ...(whole?.shape.slice(1) ?? [])];
    const size = elementCount(shape);
    const numbers = numbersOf(whole).slice(step * size, (step + 1) * size);
    return whole?.type === 'int32' ? tensor('int32', shape, numbers) : tensor('float32', shape, numbers);
  };
  return { tokens: cut('tokens'), targets: cut('targets'), learning_rate: cut('learning_rate') };
}

describe.each(['bigram', 'multi-head', 'layer-norm', 'gpt'])('the train program of %s, with dropout', (model) => {
  test('is in ONNX Runtime what it is in exact arithmetic, for 3 steps: losses, norms and the whole next state', async () => {
    const { program, feeds, file } = training(model, 0.3);
    const ours = await runFile(file, feeds);
    const { inputs, outputs } = program.graph;
    const exact = evaluate(
      outputs.map(({ value }) => value),
      new Map(inputs.map(({ name, value }) => [value, tensorOf(feeds[name]?.shape ?? [], numbersOf(feeds[name]))])),
    );
    expect(Object.keys(ours)).toEqual(outputs.map(({ name }) => name));
    for (const [index, { name }] of outputs.entries()) {
      expect(ours[name]?.shape, name).toEqual(exact[index]?.shape);
      expect(relativeError(numbersOf(ours[name]), exact[index]?.data ?? []), name).toBeLessThan(1e-5);
    }
  });
});

describe('a run of a train program', () => {
  const { model, feeds, file, state } = training('gpt', 0.3);

  test('repeats bit for bit', async () => {
    expect(await runFile(file, feeds)).toEqual(await runFile(file, feeds));
  });

  test('of 3 steps is three runs of one step, bit for bit', async () => {
    const session = await openFile(file);
    await session.setState(state);
    const losses: number[] = [];
    for (let step = 0; step < steps; step++) {
      const { loss } = await session.step({ ...only(step, feeds), seed: feeds.seed ?? zeroTensor('int32', []) });
      losses.push(...numbersOf(loss));
    }
    const reached = await session.getState();
    await session.dispose();
    const { loss, gradient_norm, ...next } = await runFile(file, feeds);
    expect(losses).toEqual(numbersOf(loss));
    expect(numbersOf(gradient_norm)).toHaveLength(steps);
    expect(Object.fromEntries(Object.entries(reached).map(([name, value]) => [`next.${name}`, value]))).toEqual(next);
  });

  test('drops at each place of the model by a number of its own, counted in the order of the forward pass', async () => {
    const { tokens, targets } = only(0, feeds);
    const [ids, labels] = [input('tokens', 'int32', ['batch', 'time']), input('targets', 'int32', ['batch', 'time'])];
    const [seed, step] = [input('seed', 'int32', []), input('step', 'int32', [])];
    const source = { seed, step };
    let site = 0;
    const loss = crossEntropy(
      model.logits(ids, { ...plainProgram, dropout: (x, rate) => seededDropout(x, { rate, source, site: site++ }) }),
      labels,
    );
    const leaves = [...parametersOf(loss), ...Object.entries({ seed, step }).map(([name, value]) => ({ name, value }))];
    const known = new Map(
      leaves.map(({ name, value }) => [value, tensorOf(value.shape.map(Number), numbersOf(feeds[name]))]),
    );
    known.set(ids, tensorOf([batch, time], numbersOf(tokens))).set(labels, tensorOf([batch, time], numbersOf(targets)));
    const [exact] = evaluate([loss], known);
    const ours = await runFile(file, { ...feeds, ...only(0, feeds) });
    expect(site).toBe(4);
    expect(relativeError(numbersOf(ours.loss), exact?.data ?? [])).toBeLessThan(1e-6);
  });

  test('drops other elements with another seed or step, and none without dropout', async () => {
    const lossesOf = async (model: Uint8Array, changes: Tensors): Promise<number[]> =>
      numbersOf((await runFile(model, { ...feeds, ...changes })).loss);
    const [seed, step] = [{ seed: tensor('int32', [], [1338]) }, { step: tensor('int32', [], [3]) }];
    const losses = await lossesOf(file, {});
    expect((await lossesOf(file, seed))[0]).not.toBe(losses[0]);
    expect((await lossesOf(file, step))[0]).not.toBe(losses[0]);
    const plain = training('gpt', 0).file;
    expect(await lossesOf(plain, seed)).toEqual(await lossesOf(plain, {}));
  });
});
