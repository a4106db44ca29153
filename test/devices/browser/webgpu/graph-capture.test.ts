import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OpenOptions, type Session, type Tensors, tensor } from '../../../../src/index.ts';
import { open } from '../../../../src/web.ts';
import { numbersOf } from '../../../support/compare.ts';
import {
  someTokens,
  strongWeights,
  tinyFile,
  tinyModel as tinyStage,
  trainingState,
} from '../../../support/tiny-ladder.ts';
import { attribute, node, tinyModel, value } from '../../../support/tiny-models.ts';

const captured: OpenOptions = { device: 'webgpu', graphCapture: true };
const plain: OpenOptions = { device: 'webgpu' };

// With the last session of a worker, ONNX Runtime forgets every shader that it has compiled.
let held: Session | undefined;
beforeAll(async () => {
  held = await open(tinyFile('forward', tinyStage('bigram')), plain);
});
afterAll(() => held?.dispose());

/** The losses of 20 steps in 4 runs, and the weights that they end with. */
async function train(options: OpenOptions): Promise<{ losses: number[]; state: Tensors }> {
  const model = tinyStage('bigram');
  const session = await open(tinyFile('train', model), options);
  await session.setState(trainingState(session.program, strongWeights(model)));
  const losses: number[] = [];
  for (let run = 0; run < 4; run += 1) {
    const { loss } = await session.step({
      tokens: someTokens([5, 2, 8], run),
      targets: someTokens([5, 2, 8], run + 100),
      learning_rate: tensor('float32', [5], new Float32Array(5).fill(1e-2)),
      seed: tensor('int32', [], [3]),
    });
    losses.push(...numbersOf(loss));
    // A run in between must not disturb the state that the replays carry along.
    if (run === 1) expect((await session.getState()).step).toEqual(tensor('int32', [], [10]));
  }
  const state = await session.getState();
  await session.dispose();
  return { losses, state };
}

test('training by replay makes the losses and weights of plain training', async () => {
  expect(await train(captured)).toEqual(await train(plain));
});

test('a forward program is replayed for one shape, and takes others as well', async () => {
  const file = tinyFile('forward', tinyStage('head'));
  const [replaying, usual] = [await open(file, captured), await open(file, plain)];
  for (const shape of [
    [2, 8],
    [2, 8],
    [2, 8],
    [1, 4],
    [2, 8],
    [1, 3],
    [1, 3],
    [1, 3],
  ]) {
    const feeds = { tokens: someTokens(shape, shape[1]) };
    expect(await replaying.run(feeds)).toEqual(await usual.run(feeds));
  }
  await replaying.dispose();
  await usual.dispose();
});

test('an operator that can not be recorded is found out, and told', async () => {
  const scatter = tinyModel({
    inputs: [value('x', 'float32', [4]), value('places', 'int32', [2]), value('updates', 'float32', [2])],
    outputs: [value('y', 'float32', [4])],
    nodes: [node('ScatterElements', ['x', 'places', 'updates'], ['y'], [attribute('axis', 0)])],
  });
  const session: Session = await open(scatter, captured);
  const feeds = {
    x: tensor('float32', [4], [1, 2, 3, 4]),
    places: tensor('int32', [2], [0, 2]),
    updates: tensor('float32', [2], [9, 8]),
  };
  expect(await session.run(feeds)).toEqual({ y: tensor('float32', [4], [9, 2, 8, 4]) });
  await expect(session.run(feeds)).rejects.toThrow('Graph capture changes the output "y"');
  await session.dispose();
});
