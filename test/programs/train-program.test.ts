import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Session } from '../../src/runtime/session.ts';
import { scalar, type Tensor, type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { numbersOf, openFile, runFile } from '../support/run-graph.ts';
import { someTokens, strongWeights, tinyFile, tinyModel, trainingState } from '../support/tiny-ladder.ts';

const [steps, batch, time] = [4, 3, 6];
const learningRates = [1e-2, 5e-3, 2e-3, 1e-3];
const tokens = someTokens([steps, batch, time], 1).data;
const targets = someTokens([steps, batch, time], 2).data;

/** The feeds of steps `from` up to `to`. */
function feeds(from: number, to: number, seed = 7): Tensors {
  const part = (data: Int32Array): Tensor =>
    tensor('int32', [to - from, batch, time], data.slice(from * batch * time, to * batch * time));
  return {
    tokens: part(tokens),
    targets: part(targets),
    learning_rate: tensor('float32', [to - from], learningRates.slice(from, to)),
    seed: scalar('int32', seed),
  };
}

interface Run {
  readonly losses: number[];
  readonly norms: number[];
  readonly state: Tensors;
}

/** Trains from the same weights, with the steps shared out among runs. */
async function train(
  session: Session,
  weights: ReadonlyMap<string, Float32Array>,
  cuts: readonly number[],
  seed = 7,
): Promise<Run> {
  await session.setState(trainingState(session.program, weights));
  const [losses, norms]: [number[], number[]] = [[], []];
  for (const [index, from] of cuts.entries()) {
    const results = await session.step(feeds(from, cuts[index + 1] ?? steps, seed));
    losses.push(...numbersOf(results.loss));
    norms.push(...numbersOf(results.gradient_norm));
  }
  return { losses, norms, state: await session.getState() };
}

describe.each(['bigram', 'multi-head', 'layer-norm', 'gpt', 'gpt (bias, relu, untied)'])('training %s', (stage) => {
  const model = tinyModel(stage, { dropout: 0.2, layers: 1 });
  const weights = strongWeights(model);
  let session: Session;
  let together: Run;
  beforeAll(async () => {
    session = await openFile(tinyFile('train', model));
    together = await train(session, weights, [0]);
  });
  afterAll(() => session.dispose());

  test('four steps in one run are four runs of one step, to the last bit', async () => {
    const apart = await train(session, weights, [0, 1, 2, 3]);
    const uneven = await train(session, weights, [0, 3]);
    expect(apart).toEqual(together);
    expect(uneven).toEqual(together);
    expect(together.losses).toHaveLength(steps);
    expect(numbersOf(together.state.step)).toEqual([steps]);
  });

  test('every parameter moves, and its moments with it', () => {
    const { state } = together;
    for (const [name, before] of weights) {
      expect(numbersOf(state[name]), name).not.toEqual(Array.from(before));
      expect(
        numbersOf(state[`${name}.exp_avg`]).some((value) => value !== 0),
        name,
      ).toBe(true);
      expect(
        numbersOf(state[`${name}.exp_avg_sq`]).every((value) => value >= 0),
        name,
      ).toBe(true);
    }
  });
});

describe('training gpt', () => {
  test('starts from the loss that evaluate finds, and lowers it', async () => {
    const model = tinyModel('gpt', { layers: 1 });
    const weights = strongWeights(model);
    const { loss } = await runFile(tinyFile('evaluate', model, { weights }), {
      tokens: tensor('int32', [batch, time], tokens.slice(0, batch * time)),
      targets: tensor('int32', [batch, time], targets.slice(0, batch * time)),
    });
    const session = await openFile(tinyFile('train', model));
    const { losses } = await train(session, weights, [0]);
    expect(losses[0]).toBeCloseTo(numbersOf(loss)[0] ?? 0, 5);
    // The same batch over and over is learned by heart.
    await session.setState(trainingState(session.program, weights));
    let last = 0;
    for (let step = 0; step < 30; step += 1) last = numbersOf((await session.step(feeds(0, 1))).loss)[0] ?? 0;
    expect(last).toBeLessThan(0.5 * (losses[0] ?? 0));
    await session.dispose();
  });

  test('dropout follows the seed and the step; without dropout neither matters', async () => {
    for (const dropout of [0, 0.3]) {
      const model = tinyModel('gpt', { dropout, layers: 1 });
      const weights = strongWeights(model);
      const session = await openFile(tinyFile('train', model));
      const first = await train(session, weights, [0], 1);
      expect(await train(session, weights, [0], 1)).toEqual(first);
      const other = await train(session, weights, [0], 2);
      expect(other.losses[0] === first.losses[0]).toBe(dropout === 0);
      const start = trainingState(session.program, weights);
      await session.setState({ ...start, step: tensor('int32', [], [1]) });
      const later = numbersOf((await session.step(feeds(0, 1, 1))).loss)[0];
      expect(later === first.losses[0]).toBe(dropout === 0);
      await session.dispose();
    }
  });
});
