import { beforeAll, describe, expect, test } from 'vitest';
import { exportProgram } from '../../src/export/export-program.ts';
import { writeOnnx } from '../../src/export/write-onnx.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { build, input } from '../../src/graph/index.ts';
import { parametersOf } from '../../src/programs/parameters.ts';
import { trainProgram } from '../../src/programs/train-program.ts';
import { type Tensor, type Tensors, tensor, zeroTensor } from '../../src/runtime/tensor.ts';
import { crossEntropy } from '../../src/train/cross-entropy.ts';
import { optimizerNamed } from '../../src/train/optimizers/index.ts';
import { slotName } from '../../src/train/optimizers/optimizer.ts';
import { relativeError } from '../support/interpreter-differences.ts';
import { distance, numbersOf, openFile, runFile, runGraph } from '../support/run-graph.ts';
import { askTorch, fromTorch, pythonWithTorch, type TorchAnswers } from '../support/torch.ts';
import {
  batch,
  batches,
  block,
  crossEntropyCase,
  gradientsCase,
  prepare,
  ratesOf,
  right,
  scores,
  steps,
  type Training,
  time,
  trainCase,
  trainings,
  type Variant,
  variants,
} from '../support/torch-cases.ts';

/** The loss and the gradient of every parameter, computed in float32 by a file that we wrote. */
async function gradientsOf(variant: Variant): Promise<Tensors> {
  const { model, weights } = prepare(variant);
  const tokens = input('tokens', 'int32', ['batch', 'time']);
  const targets = input('targets', 'int32', ['batch', 'time']);
  const loss = crossEntropy(model.logits(tokens), targets);
  const parameters = parametersOf(loss);
  const values = parameters.map(({ value }) => value);
  const slopes = gradients(loss, values).map((value, index) => ({ name: parameters[index]?.name ?? '', value }));
  const named = slopes.map(({ name, value }) => ({ name: `gradient.${name}`, value }));
  const outputs = [{ name: 'loss', value: loss }, ...named];
  const file = writeOnnx(build({ name: 'gradients', inputs: { tokens, targets }, outputs }), { weights });
  return runFile(file, {
    tokens: tensor('int32', block.tokens.shape, block.tokens.data),
    targets: tensor('int32', block.targets.shape, block.targets.data),
  });
}

/** Our train program over the batches, in runs of 12 and 8 steps. */
async function train({
  optimizer,
  variant,
  ...training
}: Training): Promise<{ losses: number[]; norms: number[]; state: Tensors }> {
  const { model, parameters, weights } = prepare(variant);
  const session = await openFile(exportProgram(trainProgram(model, { optimizer }), { weights }));
  const start: Record<string, Tensor> = { step: tensor('int32', [], [0]) };
  const slots = Object.keys(optimizerNamed(optimizer.name).slots(optimizer));
  for (const { name, value } of parameters) {
    const shape = value.shape.map(Number);
    start[name] = tensor('float32', shape, weights.get(name) ?? []);
    for (const slot of slots) start[slotName(name, slot)] = zeroTensor('float32', shape);
  }
  await session.setState(start);
  const losses: number[] = [];
  const norms: number[] = [];
  for (const [from, to] of [[0, 12] as const, [12, steps] as const]) {
    const part = ({ data }: { data: Int32Array }): Tensor =>
      tensor('int32', [to - from, batch, time], data.subarray(from * batch * time, to * batch * time));
    const { loss, gradient_norm } = await session.step({
      tokens: part(batches.tokens),
      targets: part(batches.targets),
      learning_rate: tensor('float32', [to - from], ratesOf(training).slice(from, to)),
      seed: tensor('int32', [], [0]),
    });
    losses.push(...numbersOf(loss));
    norms.push(...numbersOf(gradient_norm));
  }
  const state = await session.getState();
  await session.dispose();
  return { losses, norms, state };
}

/**
 * What a step determines of a parameter: all but the bias of the keys, the middle third of c_attn.bias. It moves all scores of a row
 * alike, so its gradient is 0 but for rounding, and AdamW makes steps of that noise: PyTorch's own float32 and float64 differ in it.
 */
function determined(name: string, numbers: readonly number[]): readonly number[] {
  const third = numbers.length / 3;
  return name.endsWith('c_attn.bias') ? [...numbers.slice(0, third), ...numbers.slice(2 * third)] : numbers;
}

const python = pythonWithTorch();
const types = ['float64', 'float32'] as const;

describe.skipIf(python === undefined)("Debian's PyTorch", () => {
  let answers: TorchAnswers = { gradients: [], train: [], crossEntropy: [] };

  beforeAll(() => {
    answers = askTorch(python ?? '', {
      gradients: variants.map(gradientsCase),
      train: types.flatMap((type) => trainings.map((training) => trainCase(training, type))),
      crossEntropy: Object.values(scores).map(crossEntropyCase),
    });
  });

  test.each(variants.map((variant, index) => ({ index, ...variant, ...variant.settings })))(
    'has in float64 the loss and gradients of our file in float32: $weights weights, bias $bias, tied $tied, $activation',
    async (variant) => {
      const theirs = answers.gradients[variant.index];
      const ours = await gradientsOf(variant);
      const names = Object.keys(theirs?.gradients ?? {});
      expect(Object.keys(ours).sort()).toEqual(['loss', ...names.map((name) => `gradient.${name}`)].sort());
      expect(distance(numbersOf(ours.loss), [theirs?.loss ?? Number.NaN])).toBeLessThan(1e-6);
      for (const [name, gradient] of Object.entries(theirs?.gradients ?? {})) {
        expect(relativeError(numbersOf(ours[`gradient.${name}`]), fromTorch(gradient)), name).toBeLessThan(1e-5);
      }
    },
  );

  const pairs = types.flatMap((type) => trainings.map((training) => ({ type, ...training })));
  test.each(pairs.map((pair, index) => ({ index, ...pair })))(
    'trains in $type to the same weights: $what',
    async (training) => {
      const theirs = answers.train[training.index];
      if (theirs === undefined) throw new Error('PyTorch has not trained');
      const ours = await train(training);
      expect(ours.losses).toHaveLength(steps);
      expect(distance(ours.losses, theirs.losses)).toBeLessThan(1e-5);
      expect(relativeError(ours.norms, theirs.norms)).toBeLessThan(1e-5);
      for (const [name, weight] of Object.entries(theirs.weights)) {
        const [actual, wanted] = [numbersOf(ours.state[name]), Array.from(fromTorch(weight))];
        expect(distance(determined(name, actual), determined(name, wanted)), name).toBeLessThan(3e-5);
      }
      expect(numbersOf(ours.state.step)).toEqual([steps]);
    },
  );

  test.each(Object.entries(scores).map(([size, logits], index) => ({ index, size, logits })))(
    'has the same cross-entropy, and the same gradient of it, for $size scores',
    async ({ index, logits }) => {
      const values = input('logits', 'float32', [2, 3, 5]);
      const targets = input('targets', 'int32', [2, 3]);
      const loss = crossEntropy(values, targets);
      const [gradient = loss] = gradients(loss, [values]);
      const ours = await runGraph(
        { inputs: { logits: values, targets }, outputs: { loss, gradient } },
        { logits: tensor('float32', [2, 3, 5], logits), targets: tensor('int32', [2, 3], right) },
      );
      const theirs = answers.crossEntropy[index];
      if (theirs === undefined) throw new Error('PyTorch has not answered');
      expect(relativeError(numbersOf(ours.loss), [theirs.loss])).toBeLessThan(1e-6);
      expect(relativeError(numbersOf(ours.gradient), fromTorch(theirs.gradient))).toBeLessThan(1e-6);
    },
  );
});
