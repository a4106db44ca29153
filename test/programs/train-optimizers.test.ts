import { describe, expect, it } from 'vitest';
import { producer } from '../../src/graph/index.ts';
import { trainProgram } from '../../src/programs/train-program.ts';
import { type Tensors, tensor } from '../../src/runtime/tensor.ts';
import { adamw } from '../../src/train/optimizers/adamw.ts';
import { lion } from '../../src/train/optimizers/lion.ts';
import { defineOptimizer, type Optimizer, type OptimizerSetup } from '../../src/train/optimizers/optimizer.ts';
import { sgd } from '../../src/train/optimizers/sgd.ts';
import { distance, numbersOf, openFile } from '../support/run-graph.ts';
import { someTokens, strongWeights, tinyFile, tinyModel, trainingState } from '../support/tiny-ladder.ts';

const model = tinyModel('gpt');
const steps = 20;

/** The state after 20 steps, and how many tensors the Scan carries. */
async function train(optimizer: OptimizerSetup, rate: number): Promise<{ state: Tensors; carried: number }> {
  const program = trainProgram(model, { optimizer });
  const session = await openFile(tinyFile(program, model));
  try {
    await session.setState(trainingState(session.program, strongWeights(model)));
    await session.step({
      tokens: someTokens([steps, 2, 8], 1),
      targets: someTokens([steps, 2, 8], 2),
      learning_rate: tensor(
        'float32',
        [steps],
        Array.from({ length: steps }, () => rate),
      ),
      seed: tensor('int32', [], [7]),
    });
    const loss = program.graph.outputs.find(({ name }) => name === 'loss')?.value;
    const scan = loss === undefined ? undefined : producer(loss);
    return { state: await session.getState(), carried: scan?.inputs.length ?? 0 };
  } finally {
    await session.dispose();
  }
}

/** The same optimizer, which won't have parameters joined. */
function apart(optimizer: Optimizer): Optimizer {
  return defineOptimizer({
    name: `${optimizer.name}-apart`,
    description: optimizer.description,
    settings: optimizer.settings,
    slots: (settings) => optimizer.slots(settings),
    joinable: false,
    rawGradients: optimizer.rawGradients,
    update: (scalars, settings) => optimizer.update(scalars, settings),
  });
}

describe('parameters that are joined are trained as they are apart', () => {
  it.each([
    ['AdamW', adamw, 1e-3],
    ['SGD', sgd, 1e-2],
    ['Lion', lion, 1e-4],
  ] as const)('by %s', async (_, optimizer, rate) => {
    const alone = apart(optimizer);
    const [joined, single] = [optimizer.with({ clip: 0 }), alone.with({ clip: 0 })];
    const settings = { ...joined, name: single.name };
    const [together, separate] = [await train(joined, rate), await train(settings, rate)];
    expect(separate.carried).toBeGreaterThan(together.carried);
    expect(together.state).toEqual(separate.state);
    // Clipping takes the norm of all gradients, whose squares are summed in another order.
    const clipped = [await train({ ...joined, clip: 0.5 }, rate), await train({ ...settings, clip: 0.5 }, rate)];
    const [a, b] = clipped.map(({ state }) => Object.values(state).flatMap((value) => numbersOf(value)));
    expect(distance(a ?? [], b ?? [])).toBeLessThan(1e-5);
  });
});

it('a train program names its state by the slots of its optimizer', () => {
  const inputs = (optimizer: OptimizerSetup): string[] =>
    trainProgram(model, { optimizer })
      .state.map(({ input }) => input)
      .filter((name) => name.startsWith('transformer.wpe'));
  expect(inputs(sgd.with())).toEqual(['transformer.wpe.weight', 'transformer.wpe.weight.momentum_buffer']);
  expect(inputs(sgd.with({ momentum: 0 }))).toEqual(['transformer.wpe.weight']);
  expect(inputs(lion.with())).toEqual(['transformer.wpe.weight', 'transformer.wpe.weight.exp_avg']);
});
