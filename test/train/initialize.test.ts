import { describe, expect, test } from 'vitest';
import { defineModel, modelConfig, modelNames } from '../../models/index.ts';
import { type Initializer, input, type NamedValue, parameter } from '../../src/graph/index.ts';
import { modelParameters } from '../../src/programs/parameters.ts';
import { initialize } from '../../src/train/initialize.ts';

const named = (name: string, shape: readonly number[], initializer: Initializer): NamedValue => ({
  name,
  value: parameter(name, shape, initializer),
});

const normal = (name: string, standardDeviation = 0.02): NamedValue =>
  named(name, [200, 100], { kind: 'normal', standardDeviation });

function draw(given: NamedValue, seed = 1337): Float32Array {
  return initialize([given], seed).get(given.name) ?? new Float32Array();
}

/** The mean of a power of the numbers. */
const moment = (numbers: Float32Array, power: number): number =>
  numbers.reduce((sum, number) => sum + number ** power, 0) / numbers.length;

function correlation(left: Float32Array, right: Float32Array): number {
  const product = left.reduce((sum, number, index) => sum + number * (right[index] ?? 0), 0) / left.length;
  return product / Math.sqrt(moment(left, 2) * moment(right, 2));
}

/** Five standard errors of a mean over 20000 numbers of standard deviation 1. */
const slack = 5 / Math.sqrt(20_000);

describe('the statistics of an initializer', () => {
  test.each([0.02, 1])('normal of standard deviation %d', (deviation) => {
    const numbers = draw(normal('weight', deviation)).map((number) => number / deviation);
    expect(numbers).toHaveLength(20_000);
    expect(Math.abs(moment(numbers, 1))).toBeLessThan(slack);
    expect(Math.abs(moment(numbers, 2) - 1)).toBeLessThan(slack * Math.sqrt(2));
    expect(Math.abs(moment(numbers, 3))).toBeLessThan(slack * Math.sqrt(15));
    expect(Math.abs(moment(numbers, 4) - 3)).toBeLessThan(slack * Math.sqrt(96));
    expect(Math.max(...numbers)).toBeLessThan(6);
  });

  test('uniform between two bounds', () => {
    const numbers = draw(named('weight', [200, 100], { kind: 'uniform', bound: 0.25 })).map((number) => number / 0.25);
    expect(Math.abs(moment(numbers, 1))).toBeLessThan(slack * Math.sqrt(1 / 3));
    expect(Math.abs(moment(numbers, 2) - 1 / 3)).toBeLessThan(slack * Math.sqrt(4 / 45));
    expect(Math.max(...numbers)).toBeGreaterThan(0.999);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(1);
    expect(Math.min(...numbers)).toBeLessThan(-0.999);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(-1);
  });

  test('constant', () => {
    expect([...draw(named('bias', [3], { kind: 'constant', value: 0.5 }))]).toEqual([0.5, 0.5, 0.5]);
  });

  test('neighbours, rows and repeated numbers do not depend on each other', () => {
    const numbers = draw(normal('weight', 1));
    for (const shift of [1, 100]) {
      const rest = numbers.length - shift;
      expect(Math.abs(correlation(numbers.subarray(0, rest), numbers.subarray(shift)))).toBeLessThan(slack);
    }
    expect(new Set(numbers).size).toBeGreaterThan(19_900);
  });
});

describe('the seed and the name decide, nothing else', () => {
  test('one seed and name give the same weights', () => {
    expect(draw(normal('weight'))).toEqual(draw(normal('weight')));
  });

  test('another seed or name gives weights that have nothing to do with them', () => {
    const numbers = draw(normal('transformer.h.0.attn.c_attn.weight'));
    const others = [
      draw(normal('transformer.h.0.attn.c_attn.weight'), 1338),
      draw(normal('transformer.h.1.attn.c_attn.weight')),
      draw(normal('transformer.h.0.attn.c_proj.weight')),
    ];
    for (const other of others) expect(Math.abs(correlation(numbers, other))).toBeLessThan(slack);
  });

  test('the order of the parameters and what else there is change nothing', () => {
    const [a, b, c] = [normal('a'), normal('b'), normal('c')];
    const forwards = initialize([a, b, c], 5);
    const backwards = initialize([c, a], 5);
    expect([...forwards.keys()]).toEqual(['a', 'b', 'c']);
    expect(backwards.get('a')).toEqual(forwards.get('a'));
    expect(backwards.get('c')).toEqual(forwards.get('c'));
  });

  test('a larger shape goes on where a smaller one ends', () => {
    const initializer: Initializer = { kind: 'normal', standardDeviation: 1 };
    const [small, large] = [draw(named('w', [10], initializer)), draw(named('w', [20], initializer))];
    expect(large.subarray(0, 10)).toEqual(small);
  });

  test('a layer more leaves the other layers as they were, but for what the residual stream divides by', () => {
    const weightsOf = (layers: number): ReadonlyMap<string, Float32Array> =>
      initialize(
        modelParameters(defineModel(modelConfig('gpt-nano', { vocabularySize: 65, embedding: 32, layers }))),
        1337,
      );
    const [two, three] = [weightsOf(2), weightsOf(3)];
    for (const [name, weights] of two) {
      if (!name.endsWith('c_proj.weight')) expect(three.get(name), name).toEqual(weights);
    }
  });
});

describe.each(modelNames)('the parameters of %s', (model) => {
  test('are all there, as long as their shapes say, finite and not all alike among matrices', () => {
    const parameters = modelParameters(
      defineModel(modelConfig(model, { vocabularySize: 65, embedding: 48, layers: 1 })),
    );
    const weights = initialize(parameters, 1337);
    expect([...weights.keys()]).toEqual(parameters.map(({ name }) => name));
    for (const { name, value } of parameters) {
      const numbers = weights.get(name) ?? new Float32Array();
      expect(numbers.length, name).toBe(value.shape.reduce<number>((size, length) => size * Number(length), 1));
      expect(numbers.every(Number.isFinite), name).toBe(true);
      if (value.rank === 2) expect(new Set(numbers).size, name).toBeGreaterThan(0.9 * numbers.length);
    }
  });
});

test('what is no parameter is refused by its name', () => {
  expect(() => initialize([{ name: 'x', value: input('x', 'float32', [2]) }], 1)).toThrow(/x is no parameter/);
});
