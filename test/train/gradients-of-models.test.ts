import { describe, expect, test } from 'vitest';
import { modelNamed } from '../../models/index.ts';
import { gradients } from '../../src/graph/gradients.ts';
import { input, type NamedValue, seededDropout, type Value } from '../../src/graph/index.ts';
import { type GivenSettings, plainProgram } from '../../src/model/index.ts';
import { parametersOf } from '../../src/programs/parameters.ts';
import { normals, uniform } from '../../src/random/counter.ts';
import { crossEntropy } from '../../src/train/cross-entropy.ts';
import { evaluate, type Tensors } from '../support/interpreter.ts';
import { centralDifferences, norm, relativeError } from '../support/interpreter-differences.ts';
import { sizeOf, tensorOf } from '../support/interpreter-tensor.ts';
import { sized } from '../support/sized.ts';

type Settings = Partial<GivenSettings>;

/** Two blocks of three tokens, of five characters; the block is longer than the tokens. */
const [batch, time, vocabulary] = [2, 3, 5];
const tiny = { vocabulary, block: 4, embedding: 4, heads: 2 };

interface Training {
  readonly loss: Value;
  readonly parameters: readonly NamedValue[];
  readonly byParameter: readonly Value[];
  readonly seed: Value;
  readonly step: Value;
  readonly feeds: Tensors;
}

/** The loss of a stage and its gradients, with weights large enough that every part matters. */
function trainingOf(model: string, settings: Settings): Training {
  const tokens = input('tokens', 'int32', ['batch', 'time']);
  const targets = input('targets', 'int32', ['batch', 'time']);
  const [seed, step] = [input('seed', 'int32', []), input('step', 'int32', [])];
  const source = { seed, step };
  let site = 0;
  const logits = sized(modelNamed(model), { ...tiny, ...settings }).logits(tokens, {
    ...plainProgram,
    dropout: (x, rate) => seededDropout(x, { rate, source, site: site++ }),
  });
  const loss = crossEntropy(logits, targets);
  const parameters = parametersOf(loss);
  const values = parameters.map(({ value }) => value);
  const characters = (stream: number) =>
    tensorOf(
      [batch, time],
      Array.from({ length: batch * time }, (_, index) => Math.floor(vocabulary * uniform(5, stream, index))),
    );
  const weights = values.map((value, index) => {
    const shape = value.shape.map(Number);
    return [value, tensorOf(shape, normals(sizeOf(shape), 0.7, 6, index))] as const;
  });
  const feeds = new Map([
    ...weights,
    [tokens, characters(0)],
    [targets, characters(1)],
    [seed, tensorOf([], [1337])],
    [step, tensorOf([], [3])],
  ]);
  return { loss, parameters, byParameter: gradients(loss, values), seed, step, feeds };
}

/** The relative error of every parameter's gradient against central differences, by name. */
function errorsOf({ loss, parameters, byParameter, feeds }: Training): Record<string, number> {
  const computed = evaluate(byParameter, feeds);
  const entries = parameters.map(({ name, value }, index) => {
    const { data } = computed[index] ?? tensorOf([0], []);
    expect(norm(data), `the gradient of ${name}`).toBeGreaterThan(1e-4);
    return [name, relativeError(data, centralDifferences(loss, feeds, value))] as const;
  });
  return Object.fromEntries(entries);
}

function expectExact(training: Training): void {
  for (const [name, error] of Object.entries(errorsOf(training))) expect(error, name).toBeLessThan(1e-6);
}

describe('the gradient of every parameter equals central differences in float64', () => {
  test.each<[string, Settings]>([
    ['bigram', {}],
    ['average', { average: 'softmax' }],
    ['average', { average: 'matmul' }],
    ['head', {}],
    ['multi-head', {}],
    ['feed-forward', {}],
    ['residual', { layers: 2 }],
    ['layer-norm', { layers: 2 }],
  ])('%s %o', (model, settings) => expectExact(trainingOf(model, settings)));

  const both = [true, false];
  const variants = both.flatMap((bias) =>
    both.flatMap((tied) => (['gelu', 'relu'] as const).map((activation) => ({ bias, tied, activation }))),
  );
  test.each([...variants, { bias: true, tied: true, activation: 'gelu_new' as const }])(
    'a gpt of 2 layers, %o',
    (variant) => expectExact(trainingOf('gpt', { layers: 2, dropout: 0, ...variant })),
  );
});

test('a parameter has the shape of its gradient, and a gpt has all of the parameters that it should', () => {
  const { parameters, byParameter } = trainingOf('gpt', { layers: 2, dropout: 0, bias: true, tied: false });
  const layer = ['ln_1', 'attn.c_attn', 'attn.c_proj', 'ln_2', 'mlp.c_fc', 'mlp.c_proj'].flatMap((name) => [
    `${name}.weight`,
    `${name}.bias`,
  ]);
  const expected = [
    ...['wte.weight', 'wpe.weight', 'ln_f.weight', 'ln_f.bias'],
    ...[0, 1].flatMap((index) => layer.map((name) => `h.${index}.${name}`)),
  ].map((name) => `transformer.${name}`);
  expect(parameters.map(({ name }) => name).sort()).toEqual([...expected, 'lm_head.weight'].sort());
  for (const [index, { value }] of parameters.entries()) expect(byParameter[index]?.shape).toEqual(value.shape);
});

describe('with dropout', () => {
  const gpt: Settings = { layers: 2, dropout: 0.3, bias: true };

  test.each(['head', 'layer-norm', 'gpt'])('the gradient of %s equals differences with the mask held', (model) => {
    expectExact(trainingOf(model, { ...gpt, layers: 1 }));
  });

  test('the loss repeats with one seed and step, and changes with either', () => {
    const { loss, feeds, seed, step } = trainingOf('gpt', gpt);
    const lossWith = (leaf: Value, number: number) =>
      evaluate([loss], new Map(feeds).set(leaf, tensorOf([], [number])))[0]?.data[0];
    const first = lossWith(seed, 1337);
    expect(lossWith(step, 3)).toBe(first);
    expect(lossWith(seed, 1338)).not.toBe(first);
    expect(lossWith(step, 4)).not.toBe(first);
  });

  test('without dropout, seed and step change nothing', () => {
    const { loss, feeds, seed } = trainingOf('gpt', { ...gpt, dropout: 0 });
    const [one, other] = [1, 2].map(
      (number) => evaluate([loss], new Map(feeds).set(seed, tensorOf([], [number])))[0]?.data,
    );
    expect(one).toEqual(other);
  });
});
