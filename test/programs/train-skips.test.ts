import { describe, expect, it } from 'vitest';
import { trainProgram } from '../../src/programs/train-program.ts';
import { type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { lion } from '../../src/train/optimizers/lion.ts';
import type { OptimizerSetup } from '../../src/train/optimizers/optimizer.ts';
import { sgd } from '../../src/train/optimizers/sgd.ts';
import { numbersOf, openFile } from '../support/run-graph.ts';
import {
  someOptimizer,
  someTokens,
  strongWeights,
  tinyFile,
  tinyModel,
  trainingState,
} from '../support/tiny-ladder.ts';

const model = tinyModel('gpt');

/** Bytes, so that −0 is not 0 and NaN is NaN. */
const bytesOf = (state: Tensors): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(state).map(([name, { data }]) => {
      if (!(data instanceof Float32Array || data instanceof Int32Array)) throw new TypeError(name);
      return [name, Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64')];
    }),
  );

/** Makes one step after another from a state, all in one run, and tells what came of it. */
async function train(
  rates: readonly number[],
  {
    clip = 1,
    parts = 1,
    state,
    skipNonFinite = true,
    chosen = someOptimizer,
  }: { clip?: number; parts?: number; state?: Tensors; skipNonFinite?: boolean; chosen?: OptimizerSetup } = {},
): Promise<{ state: Tensors; losses: number[]; norms: number[] }> {
  const optimizer = { ...chosen, clip };
  const sizes = { batch: 4, time: 8 };
  const program = trainProgram(model, { optimizer, sizes, parts, skipNonFinite });
  const session = await openFile(tinyFile(program, model));
  try {
    await session.setState(state ?? trainingState(session.program, strongWeights(model)));
    const shape = [rates.length, 4, 8];
    const { loss, gradient_norm } = await session.step({
      tokens: someTokens(shape, 1),
      targets: someTokens(shape, 2),
      learning_rate: tensor('float32', [rates.length], [...rates]),
      seed: tensor('int32', [], [7]),
    });
    return { state: await session.getState(), losses: numbersOf(loss), norms: numbersOf(gradient_norm) };
  } finally {
    await session.dispose();
  }
}

/** A state some steps into training, with one weight that overflows the forward pass. */
async function brokenState(weight: number, chosen = someOptimizer as OptimizerSetup): Promise<Tensors> {
  const { state } = await train([1e-3, 1e-3], { chosen });
  const { shape = [], data = [] } = state['transformer.h.0.mlp.c_fc.weight'] ?? {};
  const numbers = Float32Array.from(data, Number);
  numbers[3] = weight;
  const name = 'transformer.h.0.mlp.c_fc.weight';
  const slot = Object.keys(state).find((key) => key.startsWith(`${name}.`)); // the first; AdamW's second is never below 0
  const broken = { ...state, [name]: tensor('float32', shape, numbers) };
  if (slot === undefined) return broken;
  const kept = Float32Array.from(state[slot]?.data ?? [], Number);
  kept[5] = -0; // what is added to it must not make it 0
  return { ...broken, [slot]: tensor('float32', shape, kept) };
}

describe('a step whose loss is not finite', () => {
  it.each<{ clip: number; parts: number; chosen?: OptimizerSetup }>([
    { clip: 1, parts: 1 },
    { clip: 0, parts: 1 },
    { clip: 1, parts: 2 },
    { clip: 1, parts: 1, chosen: sgd.with({ weightDecay: 0.1 }) },
    { clip: 0, parts: 1, chosen: sgd.with({ momentum: 0, weightDecay: 0.1 }) },
    { clip: 1, parts: 2, chosen: lion.with() },
  ])('leaves parameters and slots as they were to the last bit, and is counted: %o', async (how) => {
    const state = await brokenState(Number.NaN, how.chosen);
    const before = bytesOf(state);
    const after = await train([1e-3], { ...how, state });
    expect(after.losses[0]).toBeNaN();
    expect(after.norms[0]).toBeNaN();
    for (const [name, bytes] of bytesOf(after.state)) {
      if (name !== 'step') expect(bytes, name).toBe(before.get(name));
    }
    expect(numbersOf(after.state.step)).toEqual([3]);
  });

  it('is skipped among others of one run: what follows goes on from what was there before', async () => {
    // A rate that is infinite breaks the second step's weights; without skipping all is lost from the third on.
    const rates = [1e-3, Number.POSITIVE_INFINITY, 1e-3];
    const lost = await train(rates, { skipNonFinite: false });
    expect(lost.losses[2]).toBeNaN();
    const stillLost = await train(rates);
    expect(stillLost.losses[2]).toBeNaN(); // the weights broke in a sound step: they can't be mended, and nothing more is changed
    const [second, third] = [await train(rates.slice(0, 2)), stillLost];
    const afterSecond = bytesOf(second.state);
    for (const [name, bytes] of bytesOf(third.state))
      if (name !== 'step') expect(bytes, name).toBe(afterSecond.get(name));
  });
});

describe('a step whose gradient is not finite though its loss is', () => {
  it('is skipped too', async () => {
    // Large logits of a wrong character: the loss is large but finite, and the squares of its gradient overflow.
    const { state } = await train([1e-3]);
    const scaled = Object.fromEntries(
      Object.entries(state).map(([name, value]) => {
        if (name !== 'transformer.ln_f.weight') return [name, value] as const;
        return [name, tensor('float32', value.shape, new Float32Array(value.data.length).fill(1e22))] as const;
      }),
    );
    const before = bytesOf(scaled);
    const after = await train([1e-3], { state: scaled });
    expect(Number.isFinite(after.losses[0])).toBe(true);
    expect(Number.isFinite(after.norms[0])).toBe(false);
    for (const [name, bytes] of bytesOf(after.state)) if (name !== 'step') expect(bytes, name).toBe(before.get(name));
  });
});

it('sound steps are the same to the last bit, whether broken ones would be skipped or not', async () => {
  const rates = [1e-3, 2e-3, 3e-3];
  const [with_, without] = [await train(rates), await train(rates, { skipNonFinite: false })];
  expect(bytesOf(with_.state)).toEqual(bytesOf(without.state));
  expect([with_.losses, with_.norms]).toEqual([without.losses, without.norms]);
});
