import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Session, type Tensors, tensor } from '../../../../src/index.ts';
import { open } from '../../../../src/web.ts';
import { someTokens, strongWeights, tinyFile, tinyModel, trainingState } from '../../../support/tiny-ladder.ts';
import { affine, tinyDecode } from '../../../support/tiny-models.ts';

let created = 0;
let destroyed = 0;

const plain = { device: 'webgpu', worker: false } as const;

/** Lives throughout: with the last session the GPU device goes, and all buffers with it. */
let first: Session | undefined;

// Counted where the page's own runtime makes and frees them.
beforeAll(async () => {
  const { createBuffer } = GPUDevice.prototype;
  GPUDevice.prototype.createBuffer = function (descriptor): GPUBuffer {
    created += 1;
    return createBuffer.call(this, descriptor);
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function (): undefined {
    destroyed += 1;
    destroy.call(this);
    return undefined;
  };
  first = await open(affine(), plain);
});
afterAll(() => first?.dispose());

/** How many buffers there are after each part of the work. */
async function liveBuffers(parts: number, work: () => Promise<unknown>): Promise<number[]> {
  const counts: number[] = [];
  for (let part = 0; part < parts; part += 1) {
    await work();
    counts.push(created - destroyed);
  }
  return counts;
}

test.each([
  [120, 'as they are', {}],
  [120, 'by replay', { graphCapture: true }],
])('%i steps of training, made %s, leave no buffers behind', async (steps, _how, options) => {
  const model = tinyModel('bigram');
  const session = await open(tinyFile('train', model), { ...plain, ...options });
  await session.setState(trainingState(session.program, strongWeights(model)));
  const feeds: Tensors = {
    tokens: someTokens([20, 2, 8], 1),
    targets: someTokens([20, 2, 8], 2),
    learning_rate: tensor('float32', [20], new Float32Array(20).fill(1e-3)),
    seed: tensor('int32', [], [1]),
  };
  const [, warm = 0, ...counts] = await liveBuffers(2 + steps / 20, () => session.step(feeds));
  expect((await session.getState()).step).toEqual(tensor('int32', [], [40 + steps]));
  await session.dispose();
  expect(Math.max(...counts)).toBeLessThanOrEqual(warm);
});

test('120 steps of decoding leave no buffers behind', async () => {
  const session: Session = await open(tinyDecode(), plain);
  const text = async (): Promise<void> => {
    await session.resetState();
    for (let step = 0; step < 20; step += 1) await session.step({ tokens: tensor('int32', [1, 1], [step % 11]) });
  };
  const [, warm = 0, ...counts] = await liveBuffers(2 + 120 / 20, text);
  await session.dispose();
  expect(Math.max(...counts)).toBeLessThanOrEqual(warm);
});
