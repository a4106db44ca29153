import { describe, expect, test } from 'vitest';
import { gpt } from '../../../models/index.ts';
import {
  add,
  constant,
  equal,
  gelu,
  geluByTanh,
  gradients,
  input,
  mul,
  type Node,
  nodesBefore,
  reduceSum,
  reduceSumSquare,
  seededDropout,
  softmax,
  type Value,
  where,
} from '../../../src/graph/index.ts';
import { type GivenSettings, plainProgram } from '../../../src/model/index.ts';
import { parametersOf } from '../../../src/programs/parameters.ts';
import { normals, uniform } from '../../../src/random/counter.ts';
import { crossEntropy } from '../../../src/train/cross-entropy.ts';
import { formulatedGradients, formulatedLoss } from '../../../src/train/formulations/index.ts';
import { evaluate, type Tensors } from '../../support/interpreter.ts';
import { centralDifferences, relativeError } from '../../support/interpreter-differences.ts';
import { sizeOf, tensorOf } from '../../support/interpreter-tensor.ts';

const names = (value: Value): string[] => nodesBefore([value]).map(({ operator }) => operator.name);

/** Exp of a Sub: what is left of the derivative of GELU's erf. */
const isExponentOfBell = ({ operator, inputs: [x] }: Node): boolean =>
  operator.name === 'Exp' && x?.source.kind === 'node' && x.source.node.inputs[0]?.source.kind === 'constant';

/** A loss's value and gradients in float64, as the model spells it out and as it is formulated for training. */
function bothWays(loss: Value, values: readonly Value[], feeds: Tensors) {
  const formulated = formulatedLoss(loss);
  const slopes = formulatedGradients(formulated, gradients(formulated, values));
  const [plain, quick] = [
    [loss, ...gradients(loss, values)],
    [formulated, ...slopes],
  ].map((each) => evaluate(each, feeds).map(({ data }) => data));
  return { formulated, slopes, plain: plain ?? [], quick: quick ?? [] };
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
  const variants: readonly (readonly [string, Partial<Omit<GivenSettings<(typeof gpt)['settings']>, 'vocabulary'>>])[] =
    [
      ['as they are', {}],
      ['with biases', { bias: true }],
      ['with dropout', { dropout: 0.3 }],
      ['untied, with ReLU', { tied: false, activation: 'relu' }],
    ];
  test.each(variants)('have the same loss and gradients in float64: %s', (_, settings) => {
    const sizes = { vocabulary: 5, block: 4, embedding: 4, heads: 2, layers: 2, bias: false, dropout: 0 };
    const [tokens, targets] = ['tokens', 'targets'].map((name) => input(name, 'int32', ['batch', 'time'])) as [
      Value,
      Value,
    ];
    const source = { seed: input('seed', 'int32', []), step: input('step', 'int32', []) };
    let site = 0;
    const model = gpt.configure({ ...sizes, ...settings });
    const logits = model.logits(tokens, {
      ...plainProgram,
      dropout: (x, rate) => seededDropout(x, { rate, source, site: site++ }),
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
    // Of both layers: one exponential of −u² each, beside the softmax of the loss.
    if (settings.activation !== 'relu') expect(nodesBefore(both.slopes).filter(isExponentOfBell)).toHaveLength(2);
    const masks = nodesBefore([both.formulated]).filter(({ operator }) => operator.name === 'Where');
    expect(masks.map(({ outputs }) => outputs[0]?.rank)).toEqual([2, 2]);
  });
});

describe('GELU by its derivative', () => {
  const x = input('x', 'float32', [9]);
  const feeds: Tensors = new Map([[x, tensorOf([9], [-6, -3, -1, -0.5, 0, 0.5, 1, 3, 6])]]);

  test('has the gradient of central differences, and gradients of that', () => {
    const loss = formulatedLoss(reduceSum(gelu(x)));
    const [first = x] = formulatedGradients(loss, gradients(loss, [x]));
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
    const plain = reduceSum(gelu(x));
    const loss = formulatedLoss(plain);
    const slopes = formulatedGradients(loss, gradients(loss, [x]));
    const byRules = nodesBefore([plain, ...gradients(plain, [x])]).length;
    expect(nodesBefore([loss, ...slopes]).length).toBeLessThanOrEqual(byRules - 3);
  });

  test('takes nothing else for GELU: another factor, another shift, the tanh form', () => {
    for (const y of [mul(gelu(x), 3), add(gelu(x), x), geluByTanh(x), mul(mul(x, add(x, 1)), 0.5)]) {
      const loss = reduceSum(y);
      expectEqual(bothWays(loss, [x], feeds));
    }
    expect(names(formulatedLoss(reduceSum(geluByTanh(x))))).toEqual(names(reduceSum(geluByTanh(x))));
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
    expect(names(formulatedLoss(loss))).toEqual(names(loss));
  });

  test('Where in front of anything but a softmax stays as it is', () => {
    const loss = reduceSum(where(equal(visible, 0), -Infinity, scores));
    expect(names(formulatedLoss(loss))).toEqual(names(loss));
  });
});
