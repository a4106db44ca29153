import { describe, expect, test } from 'vitest';
import { defineModel, type ModelConfig, modelConfig } from '../../../models/index.ts';
import { plainContext } from '../../../models/model.ts';
import {
  add,
  constant,
  dropout,
  equal,
  gelu,
  geluByTanh,
  input,
  mul,
  nodesBefore,
  reduceSum,
  reduceSumSquare,
  softmax,
  type Value,
  where,
} from '../../../src/graph/index.ts';
import { parametersOf } from '../../../src/programs/parameters.ts';
import { normals, uniform } from '../../../src/random/counter.ts';
import { crossEntropy } from '../../../src/train/cross-entropy.ts';
import { formulatedForTraining, formulations } from '../../../src/train/formulations/index.ts';
import { gradients } from '../../../src/train/gradients.ts';
import { evaluate, type Tensors } from '../../support/interpreter.ts';
import { centralDifferences, relativeError } from '../../support/interpreter-differences.ts';
import { sizeOf, tensorOf } from '../../support/interpreter-tensor.ts';

const names = (value: Value): string[] => nodesBefore([value]).map(({ operator }) => operator.name);
const count = (value: Value, operator: string): number => names(value).filter((name) => name === operator).length;

/** A loss's value and gradients in float64, as the model spells it out and as it is formulated for training. */
function bothWays(loss: Value, values: readonly Value[], feeds: Tensors, chosen = Object.values(formulations)) {
  const formulated = formulatedForTraining(loss, chosen);
  const [plain, quick] = [loss, formulated].map((each) =>
    evaluate([each, ...gradients(each, values)], feeds).map(({ data }) => data),
  );
  return { formulated, plain: plain ?? [], quick: quick ?? [] };
}

/** What the rounding of constants such as √2 to float32 makes of results in float64. */
const rounding = 1e-6;

function expectEqual({ plain, quick }: Pick<ReturnType<typeof bothWays>, 'plain' | 'quick'>): void {
  for (const [index, expected] of plain.entries()) {
    expect(relativeError(quick[index] ?? [], expected), `value ${index}`).toBeLessThan(rounding);
  }
}

function draw(shape: readonly number[], seed: number): ReturnType<typeof tensorOf> {
  return tensorOf(shape, normals(sizeOf(shape), 1, seed));
}

describe('the GPT stages', () => {
  const variants: readonly (readonly [string, Partial<ModelConfig>])[] = [
    ['as they are', {}],
    ['with biases', { bias: true }],
    ['with dropout', { dropout: 0.3 }],
    ['untied, with ReLU', { tied: false, activation: 'relu' }],
  ];
  test.each(variants)('have the same loss and gradients in float64: %s', (_, settings) => {
    const sizes = { vocabularySize: 5, blockSize: 4, embedding: 4, heads: 2, layers: 2, bias: false, dropout: 0 };
    const [tokens, targets] = ['tokens', 'targets'].map((name) => input(name, 'int32', ['batch', 'time'])) as [
      Value,
      Value,
    ];
    const source = { seed: input('seed', 'int32', []), step: input('step', 'int32', []) };
    let site = 0;
    const model = defineModel(modelConfig('gpt', { ...sizes, ...settings }));
    const logits = model.logits(tokens, {
      ...plainContext,
      dropout: (x, rate) => dropout(x, { rate, source, site: site++ }),
    });
    const loss = crossEntropy(logits, targets);
    const parameters = parametersOf(loss).map(({ value }) => value);
    const ids = (stream: number) =>
      tensorOf(
        [2, 4],
        Array.from({ length: 8 }, (_, index) => Math.floor(5 * uniform(1, stream, index))),
      );
    const feeds: Tensors = new Map([
      [tokens, ids(0)],
      [targets, ids(1)],
      [source.seed, tensorOf([], [3])],
      [source.step, tensorOf([], [7])],
      ...parameters.map((parameter, index) => [parameter, draw(parameter.shape.map(Number), index)] as const),
    ]);
    const both = bothWays(loss, parameters, feeds);
    expectEqual(both);
    // Every layer is reached by every formulation.
    const ratios = nodesBefore([both.formulated]).filter(({ operator }) => operator.name === 'Div');
    expect(ratios.filter(({ outputs }) => outputs[0]?.type === 'float32')).toEqual([]);
    const masks = nodesBefore([both.formulated]).filter(({ operator }) => operator.name === 'Where');
    expect(masks.map(({ outputs }) => outputs[0]?.rank)).toEqual([2, 2]);
  });
});

describe('GELU by its derivative', () => {
  const x = input('x', 'float32', [9]);
  const feeds: Tensors = new Map([[x, tensorOf([9], [-6, -3, -1, -0.5, 0, 0.5, 1, 3, 6])]]);

  test('has the gradient of central differences, and gradients of that', () => {
    const loss = formulatedForTraining(reduceSum(gelu(x)));
    const [first] = gradients(loss, [x]);
    expect(relativeError(evaluate([first], feeds)[0]?.data ?? [], centralDifferences(loss, feeds, x))).toBeLessThan(
      1e-7,
    );
    const curvature = reduceSumSquare(first);
    const [second] = gradients(curvature, [x]);
    expect(
      relativeError(evaluate([second], feeds)[0]?.data ?? [], centralDifferences(curvature, feeds, x)),
    ).toBeLessThan(1e-7);
  });

  test('is made of fewer nodes than by the rules of its operators', () => {
    const nodes = (loss: Value): number => nodesBefore([loss, ...gradients(loss, [x])]).length;
    const plain = reduceSum(gelu(x));
    expect(nodes(formulatedForTraining(plain))).toBeLessThanOrEqual(nodes(plain) - 2);
  });

  test('takes nothing else for GELU: another factor, another shift, the tanh form', () => {
    for (const y of [mul(gelu(x), 3), add(gelu(x), x), geluByTanh(x), mul(mul(x, add(x, 1)), 0.5)]) {
      const loss = reduceSum(y);
      expectEqual(bothWays(loss, [x], feeds));
    }
    expect(formulatedForTraining(geluByTanh(x))).toBeDefined();
    expect(count(formulatedForTraining(reduceSum(geluByTanh(x))), 'Exp')).toBe(0);
  });
});

describe('the mask by addition', () => {
  const scores = input('scores', 'float32', [3, 4]);
  const feeds: Tensors = new Map([[scores, draw([3, 4], 5)]]);
  const visible = constant(new Int32Array([1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1]), 'int32', [3, 4]);
  const weigh = (masked: Value): Value => reduceSumSquare(softmax(masked, { axis: -1 }));

  test('weighs the same, and gives the masked scores no gradient', () => {
    const both = bothWays(weigh(where(equal(visible, 0), -Infinity, scores)), [scores], feeds);
    expectEqual(both);
    const masked = [1, 2, 3, 6];
    expect(masked.map((index) => Math.abs(both.quick[1]?.[index] ?? 1))).toEqual([0, 0, 0, 0]);
  });

  test.each([
    ['a finite number in the place of −∞', where(equal(visible, 0), -5, scores)],
    ['−∞ for what is not chosen', where(equal(visible, 1), scores, -Infinity)],
  ])('%s stays as it is', (_, masked) => {
    const loss = weigh(masked);
    expect(names(formulatedForTraining(loss))).toEqual(names(loss));
  });

  test('Where in front of anything but a softmax stays as it is', () => {
    const loss = reduceSum(where(equal(visible, 0), -Infinity, scores));
    expect(names(formulatedForTraining(loss))).toEqual(names(loss));
  });
});
