import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { trainProgram } from '../../src/programs/train-program.ts';
import type { Tensors } from '../../src/runtime/tensor.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { distance, numbersOf, openFile } from '../support/run-graph.ts';
import {
  someOptimizer,
  someTokens,
  strongWeights,
  tinyFile,
  tinyModel,
  trainingState,
} from '../support/tiny-ladder.ts';

const steps = 3;
const sizes = { batch: 6, time: 8 };
const shape = [steps, sizes.batch, sizes.time];
const optimizer = { ...someOptimizer, clip: 0.1 }; // lower than the norms here

/** The state after three steps, with every step's loss and gradient norm. */
async function trained(stage: string, parts: number, settings = {}): Promise<Tensors> {
  const model = tinyModel(stage, settings);
  const session = await openFile(tinyFile(trainProgram(model, { optimizer, sizes, parts }), model));
  try {
    await session.setState(trainingState(session.program, strongWeights(model)));
    const outputs = await session.step({
      tokens: someTokens(shape, 1),
      targets: someTokens(shape, 2),
      learning_rate: tensor('float32', [steps], [1e-3, 2e-3, 3e-3]),
      seed: tensor('int32', [], [7]),
    });
    return { ...(await session.getState()), ...outputs };
  } finally {
    await session.dispose();
  }
}

describe('a batch in parts', () => {
  it.each([
    ['bigram', 2],
    ['layer-norm', 3],
    ['gpt', 2],
    ['gpt', 6],
    ['feed-forward', 3],
  ])('trains %s in %i parts as in one: losses, clipped norms, parameters and moments', async (stage, parts) => {
    const [whole, inParts] = await Promise.all([trained(stage, 1), trained(stage, parts)]);
    expect(Object.keys(inParts)).toEqual(Object.keys(whole));
    expect(numbersOf(whole.gradient_norm).every((norm) => norm > optimizer.clip)).toBe(true);
    for (const [name, value] of Object.entries(whole)) {
      const largest = Math.max(...numbersOf(value).map(Math.abs), 1e-3);
      expect(distance(numbersOf(inParts[name]), numbersOf(value)) / largest, name).toBeLessThan(2e-5);
    }
  });

  it('drops other elements in each part, so that its parts are no copies of each other', async () => {
    const model = tinyModel('gpt', { dropout: 0.5 });
    const sameTokens = (seed: number) => {
      const one = numbersOf(someTokens([1, 3, 8], seed));
      return tensor('int32', [1, 6, 8], [...one, ...one]); // both parts of the batch are alike
    };
    const feeds = {
      tokens: sameTokens(1),
      targets: sameTokens(2),
      learning_rate: tensor('float32', [1], [0]),
      seed: tensor('int32', [], [7]),
    };
    const half = { batch: 3, time: 8 };
    const lossOf = async (batch: typeof sizes, parts: number, given: Tensors): Promise<number | undefined> => {
      const program = trainProgram(model, { optimizer, sizes: batch, parts });
      const session = await openFile(tinyFile(program, model));
      try {
        await session.setState(trainingState(session.program, strongWeights(model)));
        return numbersOf((await session.step(given)).loss)[0];
      } finally {
        await session.dispose();
      }
    };
    const cut = {
      tokens: tensor('int32', [1, 3, 8], numbersOf(feeds.tokens).slice(0, 24)),
      targets: tensor('int32', [1, 3, 8], numbersOf(feeds.targets).slice(0, 24)),
    };
    const inParts = await lossOf(sizes, 2, feeds);
    const alone = await lossOf(half, 1, { ...feeds, ...cut });
    expect(inParts).not.toBeCloseTo(alone ?? Number.NaN, 3);
  });

  it.each([
    [4, sizes, '4 parts are no equal parts of a batch of 6'],
    [0, sizes, '0 parts are no equal parts of a batch of 6'],
    [
      2,
      undefined,
      '2 parts are no equal parts of a batch of unknown size: give its size (sizes.batch), a multiple of the parts.',
    ],
  ])('of %i parts that are not equal, or not known to be, is wrong usage', (parts, given, message) => {
    const make = (): unknown =>
      trainProgram(tinyModel('gpt'), { optimizer, parts, ...(given === undefined ? {} : { sizes: given }) });
    expect(make).toThrow(UserError);
    expect(make).toThrow(message);
  });
});
