import { describe, expect, test } from 'vitest';
import { readModelSummary } from '../../src/onnx/metadata.ts';
import { backendOf } from '../../src/runtime/devices/device.ts';
import { cpu } from '../../src/runtime/devices/node/cpu.ts';
import { createNodeEngine } from '../../src/runtime/node/engine.ts';
import { loadOnnxRuntime } from '../../src/runtime/node/load.ts';
import { createEngine } from '../../src/runtime/onnxruntime.ts';
import { readState } from '../../src/runtime/program-description.ts';
import { createResidentEngine } from '../../src/runtime/resident-engine.ts';
import { scanEngine } from '../../src/runtime/scan-engine.ts';
import type { ScanProgram } from '../../src/runtime/scan-program.ts';
import { type Tensor, type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { evaluationModel } from '../../src/train/trainer/evaluation.ts';
import { fakeEngine } from '../support/fake-engine.ts';
import { someTokens, strongWeights, tinyFile, tinyModel, tinyStages, trainingState } from '../support/tiny-ladder.ts';

/** total [] grows by each element of x [steps], times factor; the totals are stacked. */
const program: ScanProgram = {
  iteration: new Uint8Array(),
  inputs: [],
  outputs: [],
  states: [{ input: 'total', formal: 'before', next: 'after', output: 'next.total' }],
  sequences: [
    { input: 'x', formal: 'element' },
    { input: 'y', formal: 'other' },
  ],
  shared: ['factor'],
  stacked: [{ element: 'sum', output: 'sums' }],
  node: { name: '/Scan', operator: 'Scan' },
};

const number = (value: Tensor | undefined): number => Number(value?.data[0]);
const scalar = (value: number): Tensor => tensor('float32', [], [value]);

function runningSum(failAt = Number.POSITIVE_INFINITY) {
  let iterations = 0;
  const engine = fakeEngine({
    inputs: [],
    outputs: [],
    run({ before, element, other, factor }) {
      iterations += 1;
      if (iterations === failAt) throw new Error('the device failed');
      const after = scalar(number(before) + (number(element) + number(other)) * number(factor));
      return { after, sum: after };
    },
  });
  const feeds = {
    total: engine.upload(scalar(100)),
    factor: engine.upload(scalar(2)),
    x: engine.upload(tensor('float32', [3], [1, 2, 3])),
    y: engine.upload(tensor('float32', [3], [10, 20, 30])),
  };
  return { engine, feeds };
}

describe('a Scan run iteration by iteration', () => {
  test('carries the state along, stacks the rest and frees all that is in between', async () => {
    const { engine, feeds } = runningSum();
    const results = await scanEngine(engine, program).run(feeds);
    expect(results['next.total']?.tensor).toEqual(scalar(232));
    expect(results.sums?.tensor).toEqual(tensor('float32', [3], [122, 166, 232]));
    expect(feeds.total.released).toBe(false);
    expect(engine.held()).toBe(1); // the new state alone
  });

  test('frees what it made when an iteration fails, and leaves the state that came in', async () => {
    const { engine, feeds } = runningSum(3);
    await expect(scanEngine(engine, program).run(feeds)).rejects.toThrow('the device failed');
    expect(feeds.total.released).toBe(false);
    expect(engine.held()).toBe(0);
  });

  test('tells sequences of different lengths, and an empty one', async () => {
    const { engine, feeds } = runningSum();
    const scan = scanEngine(engine, program);
    const short = engine.upload(tensor('float32', [2], [1, 2]));
    await expect(scan.run({ ...feeds, y: short })).rejects.toThrow(
      'Input "y" has 2 elements along its first axis, but input "x" has 3.',
    );
    const empty = engine.upload(tensor('float32', [0], []));
    await expect(scan.run({ ...feeds, x: empty, y: empty })).rejects.toThrow(
      'Input "x" must have at least one element along its first axis.',
    );
  });

  test('is told apart in the placement', async () => {
    expect(await scanEngine(runningSum().engine, program).placement()).toMatchObject([
      { node: '/Scan', operator: 'Scan', provider: 'trilu' },
      { node: 'iteration', operator: 'Add', provider: 'WebGpuExecutionProvider' },
    ]);
  });
});

describe('against the Scan of ONNX Runtime, on the CPU, to the last bit', () => {
  const onCpu = { threads: 1 };

  async function bothWays(file: Uint8Array, feeds: Tensors): Promise<Tensors[]> {
    const runtime = await loadOnnxRuntime();
    const whole = await createNodeEngine(backendOf(cpu, 'onnxruntime-node'), { bytes: file, state: [] }, onCpu);
    const iterations = await createResidentEngine(file, readState(readModelSummary(file)), (model) =>
      createEngine({
        runtime,
        device: 'cpu',
        model,
        sessionOptions: { intraOpNumThreads: 1, extra: { session: { set_denormal_as_zero: '1' } } },
        placement: async () => [],
      }),
    );
    expect((await iterations.placement())[0]).toMatchObject({ operator: 'Scan' });
    expect(iterations.inputs).toEqual(whole.inputs);
    expect(iterations.outputs).toEqual(whole.outputs);
    const results: Tensors[] = [];
    for (const engine of [whole, iterations]) {
      const uploaded = Object.entries(feeds).map(([name, value]) => [name, engine.upload(value)] as const);
      const made = Object.entries(await engine.run(Object.fromEntries(uploaded)));
      const read = made.map(async ([name, value]) => [name, await engine.download(value)] as const);
      results.push(Object.fromEntries(await Promise.all(read)));
      await engine.dispose();
    }
    return results;
  }

  test.each(tinyStages)('a train program makes the same three steps: %s', async (stage) => {
    const model = tinyModel(stage, stage === 'gpt' ? { dropout: 0.2 } : {});
    const file = tinyFile('train', model);
    const engine = await createNodeEngine(backendOf(cpu, 'onnxruntime-node'), { bytes: file, state: [] }, onCpu);
    const names = new Set(['tokens', 'targets', 'learning_rate', 'seed']);
    const state = engine.inputs
      .filter(({ name }) => !names.has(name))
      .map(({ name }) => ({ input: name, output: name }));
    const { inputs, outputs } = engine;
    await engine.dispose();
    const description = { inputs, outputs, state, metadata: {}, opset: 18 };
    const [whole, iterations] = await bothWays(file, {
      ...trainingState(description, strongWeights(model)),
      tokens: someTokens([3, 2, 8], 1),
      targets: someTokens([3, 2, 8], 2),
      learning_rate: tensor('float32', [3], [1e-2, 2e-2, 3e-2]),
      seed: tensor('int32', [], [5]),
    });
    expect(iterations).toEqual(whole);
  });

  test("the trainer's evaluation, a Scan without state", async () => {
    const model = tinyModel('gpt-nano');
    const weights = [...strongWeights(model)];
    const file = evaluationModel(model);
    const { inputs } = await createNodeEngine(backendOf(cpu, 'onnxruntime-node'), { bytes: file, state: [] }, onCpu);
    const shapes = new Map(inputs.map(({ name, shape }) => [name, shape.map(Number)]));
    const [whole, iterations] = await bothWays(file, {
      ...Object.fromEntries(weights.map(([name, data]) => [name, tensor('float32', shapes.get(name) ?? [], data)])),
      tokens: someTokens([4, 2, 8], 1),
      targets: someTokens([4, 2, 8], 2),
    });
    expect(iterations?.loss?.shape).toEqual([4]);
    expect(iterations).toEqual(whole);
  });
});
