import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { open } from '../../../src/runtime/node/open.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { type Tensors, tensor } from '../../../src/runtime/tensor.ts';
import { useSwiftShader } from '../../support/swiftshader.ts';
import {
  someTokens,
  strongWeights,
  tinyFile,
  tinyModel as tinyStage,
  trainingState,
} from '../../support/tiny-ladder.ts';
import { attribute, constant, counter, node, slow, tinyDecode, tinyModel, value } from '../../support/tiny-models.ts';

const onGpu = { device: 'webgpu', worker: false } as const;
const amount = (number: number): Tensors => ({ amount: tensor('float32', [1], [number]) });
const count = (number: number): Tensors => ({ count: tensor('float32', [1], [number]) });

/** y [20] split into 20 parts: more buffers than a shader may bind. */
const manyBuffers = tinyModel({
  inputs: [value('x', 'float32', [20])],
  outputs: Array.from({ length: 20 }, (_, index) => value(`y${index}`, 'float32', [1])),
  nodes: [
    node(
      'Split',
      ['x', 'sizes'],
      Array.from({ length: 20 }, (_, index) => `y${index}`),
      [attribute('axis', 0)],
    ),
  ],
  constants: [constant('sizes', [20], new BigInt64Array(20).fill(1n))],
});

/** One number repeated to any shape: an output as large as is asked for. */
const repeat = tinyModel({
  inputs: [value('shape', 'int64', [2])],
  outputs: [value('y', 'float32', ['rows', 'columns'])],
  nodes: [node('Expand', ['one', 'shape'], ['y'])],
  constants: [constant('one', [1], Float32Array.of(1))],
});

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((thrown: unknown) => thrown);

describe.skipIf(!useSwiftShader())('a session on WebGPU in Node', () => {
  test('a run between two steps changes nothing of the state on the GPU, and every output comes, whatever was run before', async () => {
    const session = await open(counter(), onGpu);
    await session.setState(count(7));
    expect(await session.step(amount(1))).toEqual({ doubled: tensor('float32', [1], [16]) });
    for (const start of [50, 60]) {
      expect(await session.run({ ...amount(1), ...count(start) })).toEqual({
        doubled: tensor('float32', [1], [2 * start + 2]),
        'next.count': tensor('float32', [1], [start + 1]),
      });
    }
    expect(await session.step(amount(1))).toEqual({ doubled: tensor('float32', [1], [18]) });
    expect(await session.getState()).toEqual(count(9));
    await session.dispose();
  });

  // onnxruntime-node's own getData() on such a tensor ends the process, so this is tried in one of its own.
  test('reading the state from the GPU does not end the process', async () => {
    const source = (path: string) => JSON.stringify(new URL(`../../../${path}`, import.meta.url));
    const script = `
      import { open } from ${source('src/runtime/node/open.ts')};
      import { tinyDecode } from ${source('test/support/tiny-models.ts')};
      import { tensor } from ${source('src/runtime/tensor.ts')};
      for (const worker of [true, false]) {
        const session = await open(tinyDecode(), { device: 'webgpu', worker });
        await session.step({ tokens: tensor('int32', [1, 2], [1, 2]) });
        await session.step({ tokens: tensor('int32', [1, 1], [3]) });
        console.log((await session.getState()).cache.data.join());
        await session.dispose();
      }`;
    const options = ['--import', 'tsx', '--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 60_000 });
    expect(stdout.trim()).toBe('2,3,4\n2,3,4');
  });

  test('the event loop stays alive during a run in the worker', async () => {
    const session = await open(slow(8), { device: 'webgpu' });
    const square = tensor('float32', [256, 256], new Float32Array(256 * 256).fill(1 / 256));
    await session.run({ x: square });
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 5);
    const start = performance.now();
    const { y } = await session.run({ x: square });
    const time = performance.now() - start;
    clearInterval(timer);
    await session.dispose();
    expect(y?.data[0]).toBeCloseTo(1 / 256, 6);
    expect(time).toBeGreaterThan(40);
    expect(ticks).toBeGreaterThan(time / 5 / 4);
  });

  test('two sessions that run at the same time both come right', async () => {
    const sessions = await Promise.all([
      open(counter(), { device: 'webgpu' }),
      open(tinyDecode(), { device: 'webgpu' }),
    ]);
    const [counting, decoding] = sessions;
    await counting.setState(count(0));
    const work = Array.from({ length: 20 }, async (_, index) => {
      const [counted] = await Promise.all([
        counting.step(amount(1)),
        decoding.step({ tokens: tensor('int32', [1, 1], [index % 11]) }),
      ]);
      return Number(counted.doubled?.data[0]);
    });
    expect(await Promise.all(work)).toEqual(Array.from({ length: 20 }, (_, index) => 2 * (index + 1)));
    expect((await decoding.getState()).cache?.shape).toEqual([1, 20]);
    await Promise.all(sessions.map((session: Session) => session.dispose()));
  });

  test('400 steps keep the memory as it is', async () => {
    const model = tinyStage('bigram');
    const session = await open(tinyFile('train', model), onGpu);
    await session.setState(trainingState(session.program, strongWeights(model)));
    const feeds: Tensors = {
      tokens: someTokens([20, 2, 8], 1),
      targets: someTokens([20, 2, 8], 2),
      learning_rate: tensor('float32', [20], new Float32Array(20).fill(1e-3)),
      seed: tensor('int32', [], [1]),
    };
    const steps = async (runs: number): Promise<number> => {
      for (let run = 0; run < runs; run += 1) await session.step(feeds);
      return process.memoryUsage().rss;
    };
    const before = await steps(10);
    const after = await steps(20);
    expect((await session.getState()).step).toEqual(tensor('int32', [], [600]));
    await session.dispose();
    // 400 steps make 2,800 state tensors: leaked, each would hold at least the 64 kB page of a buffer in software, 175 MB in all.
    expect((after - before) / 2 ** 20).toBeLessThan(40);
  });

  test('what the GPU refuses is an error of kind shader, and ends the session', async () => {
    const session = await open(manyBuffers, onGpu);
    const error = await failure(session.run({ x: tensor('float32', [20], new Float32Array(20)) }));
    expect(error).toMatchObject({ kind: 'shader' });
    expect(await failure(session.placement())).toBe(error);
    await session.dispose();
  });

  test('a buffer that the GPU has no room for is an error of kind out-of-memory, and the next session works', async () => {
    const session = await open(repeat, onGpu);
    const error = await failure(session.run({ shape: tensor('int64', [2], [20_000n, 20_000n]) }));
    expect(error).toMatchObject({ kind: 'out-of-memory' });
    expect(await failure(session.getState())).toBe(error);
    await session.dispose();
    const next = await open(repeat, onGpu);
    expect((await next.run({ shape: tensor('int64', [2], [2n, 2n]) })).y?.data).toEqual(Float32Array.of(1, 1, 1, 1));
    await next.dispose();
  });
});
