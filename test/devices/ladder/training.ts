import { expect } from 'vitest';
import { trainProgram } from '../../../src/programs/index.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { scalar, type Tensor, type Tensors, tensor } from '../../../src/runtime/tensor.ts';
import { distance, numbersOf } from '../../support/compare.ts';
import { relativeError } from '../../support/interpreter-differences.ts';
import {
  someOptimizer,
  someTokens,
  strongWeights,
  tinyFile,
  tinyModel,
  trainingState,
} from '../../support/tiny-ladder.ts';
import { determined } from './determined.ts';
import { exactly } from './exact.ts';
import type { Check } from './subject.ts';
import { expectWithin } from './within.ts';

const [steps, batch, time] = [20, 2, 6];
const tokens = someTokens([steps, batch, time], 1);
const targets = someTokens([steps, batch, time], 2);
const learningRate = 1e-3;

/** How the steps are shared out among runs. */
const cuts: readonly (readonly [from: number, to: number])[] = [
  [0, 7],
  [7, 8],
  [8, 20],
];

/** The feeds of steps `from` up to `to`. */
function feeds(from: number, to: number): Tensors {
  const part = ({ data }: { data: Int32Array }): Tensor =>
    tensor('int32', [to - from, batch, time], data.slice(from * batch * time, to * batch * time));
  return {
    tokens: part(tokens),
    targets: part(targets),
    learning_rate: tensor('float32', [to - from], new Float32Array(to - from).fill(learningRate)),
    seed: scalar('int32', 7),
  };
}

interface Trained {
  readonly losses: readonly number[];
  readonly norms: readonly number[];
  readonly state: Tensors;
}

/** Trains in three runs. After the second, the state is read, forgotten and set again. */
async function train(session: Session, start: Tensors): Promise<Trained> {
  const losses: number[] = [];
  const norms: number[] = [];
  await session.setState(start);
  for (const [from, to] of cuts) {
    if (from === 8) {
      const state = await session.getState();
      await session.resetState();
      await session.setState(state);
    }
    const results = await session.step(feeds(from, to));
    losses.push(...numbersOf(results.loss));
    norms.push(...numbersOf(results.gradient_norm));
  }
  return { losses, norms, state: await session.getState() };
}

export const training: Check = {
  what: `${steps} training steps give the losses and weights of float64`,
  async prove(subject) {
    // Something is dropped where the stage drops by itself; the largest stage is worked through in parts, a Scan within a Scan.
    const isGpt = subject.stage === 'gpt';
    const model = tinyModel(subject.stage, { layers: 1, dropout: isGpt ? 0.2 : 0 });
    const inParts = isGpt ? { parts: 2, sizes: { batch, time } } : {};
    const program = trainProgram(model, { optimizer: someOptimizer, skipNonFinite: true, ...inParts }); // as the trainer has it
    const weights = strongWeights(model);
    const session = await subject.file('train', tinyFile(program, model));
    const start = trainingState(session.program, weights);
    const { losses, norms, state } = await train(session, start);
    const expected = exactly(program.graph, { ...start, ...feeds(0, steps) }, weights);
    expectWithin(distance(losses, expected.loss ?? []), subject.tolerance.losses, 'losses');
    expectWithin(relativeError(norms, expected.gradient_norm ?? []), subject.tolerance.gradients, 'gradient norms');
    expect(numbersOf(state.step)).toEqual([steps]);
    for (const name of weights.keys()) {
      const [actual, wanted] = [numbersOf(state[name]), expected[`next.${name}`] ?? []];
      const error = distance(determined(name, actual), determined(name, wanted));
      expectWithin(error, subject.tolerance.weights, `weight ${name}`);
    }
  },
};
