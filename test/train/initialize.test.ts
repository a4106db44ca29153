import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { gptNano, modelNamed, modelNames } from '../../models/index.ts';
import { input, type NamedValue, parameter } from '../../src/graph/index.ts';
import { type Initializer, normal, uniform, zeros } from '../../src/model/index.ts';
import { modelParameters } from '../../src/programs/parameters.ts';
import { initialize } from '../../src/train/initialize.ts';
import { sized } from '../support/sized.ts';
import { tinyModel } from '../support/tiny-ladder.ts';

const named = (name: string, shape: readonly number[] = [200, 100]): NamedValue => ({
  name,
  value: parameter(name, shape),
});

/** The first numbers of a parameter, N(0, 0.02²) unless told otherwise. */
function draw(
  name: string,
  {
    seed = 1337,
    initializer = normal(0.02),
    shape,
  }: { seed?: number; initializer?: Initializer; shape?: number[] } = {},
): Float32Array {
  return initialize([named(name, shape)], { '*': initializer }, seed).get(name) ?? new Float32Array();
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
    const numbers = draw('weight', { initializer: normal(deviation) }).map((number) => number / deviation);
    expect(numbers).toHaveLength(20_000);
    expect(Math.abs(moment(numbers, 1))).toBeLessThan(slack);
    expect(Math.abs(moment(numbers, 2) - 1)).toBeLessThan(slack * Math.sqrt(2));
    expect(Math.abs(moment(numbers, 3))).toBeLessThan(slack * Math.sqrt(15));
    expect(Math.abs(moment(numbers, 4) - 3)).toBeLessThan(slack * Math.sqrt(96));
    expect(Math.max(...numbers)).toBeLessThan(6);
  });

  test('uniform between two bounds', () => {
    const numbers = draw('weight', { initializer: uniform(0.25) }).map((number) => number / 0.25);
    expect(Math.abs(moment(numbers, 1))).toBeLessThan(slack * Math.sqrt(1 / 3));
    expect(Math.abs(moment(numbers, 2) - 1 / 3)).toBeLessThan(slack * Math.sqrt(4 / 45));
    expect(Math.max(...numbers)).toBeGreaterThan(0.999);
    expect(Math.max(...numbers)).toBeLessThanOrEqual(1);
    expect(Math.min(...numbers)).toBeLessThan(-0.999);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(-1);
  });

  test('constant', () => {
    expect([...draw('bias', { shape: [3], initializer: { kind: 'constant', value: 0.5 } })]).toEqual([0.5, 0.5, 0.5]);
  });

  test('neighbours, rows and repeated numbers do not depend on each other', () => {
    const numbers = draw('weight', { initializer: normal(1) });
    for (const shift of [1, 100]) {
      const rest = numbers.length - shift;
      expect(Math.abs(correlation(numbers.subarray(0, rest), numbers.subarray(shift)))).toBeLessThan(slack);
    }
    expect(new Set(numbers).size).toBeGreaterThan(19_900);
  });
});

describe('the seed and the name decide, nothing else', () => {
  test('one seed and name give the same weights', () => {
    expect(draw('weight')).toEqual(draw('weight'));
  });

  test('another seed or name gives weights that have nothing to do with them', () => {
    const numbers = draw('transformer.h.0.attn.c_attn.weight');
    const others = [
      draw('transformer.h.0.attn.c_attn.weight', { seed: 1338 }),
      draw('transformer.h.1.attn.c_attn.weight'),
      draw('transformer.h.0.attn.c_proj.weight'),
    ];
    for (const other of others) expect(Math.abs(correlation(numbers, other))).toBeLessThan(slack);
  });

  test('the order of the parameters and what else there is change nothing', () => {
    const [a, b, c] = [named('a'), named('b'), named('c')];
    const table = { '*': normal(0.02) };
    const forwards = initialize([a, b, c], table, 5);
    const backwards = initialize([c, a], table, 5);
    expect([...forwards.keys()]).toEqual(['a', 'b', 'c']);
    expect(backwards.get('a')).toEqual(forwards.get('a'));
    expect(backwards.get('c')).toEqual(forwards.get('c'));
  });

  test('a larger shape goes on where a smaller one ends', () => {
    const [small, large] = [draw('w', { shape: [10] }), draw('w', { shape: [20] })] as const;
    expect(large.subarray(0, 10)).toEqual(small);
  });

  test('a layer more leaves the other layers as they were, but for what the residual stream divides by', () => {
    const weightsOf = (layers: number): ReadonlyMap<string, Float32Array> => {
      const model = gptNano.configure({ vocabulary: 65, embedding: 32, layers });
      return initialize(modelParameters(model), model.initialization, 1337);
    };
    const [two, three] = [weightsOf(2), weightsOf(3)];
    for (const [name, weights] of two) {
      if (!name.endsWith('c_proj.weight')) expect(three.get(name), name).toEqual(weights);
    }
  });
});

describe.each(modelNames)('the parameters of %s', (name) => {
  test('are all there, as long as their shapes say, finite and not all alike among matrices', () => {
    const model = sized(modelNamed(name), { vocabulary: 65, embedding: 48, layers: 1 });
    const parameters = modelParameters(model);
    const weights = initialize(parameters, model.initialization, 1337);
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
  expect(() => initialize([{ name: 'x', value: input('x', 'float32', [2]) }], { '*': zeros }, 1)).toThrow(
    /x is no parameter/,
  );
});

describe('the first weights of the ladder are those of the first release, to the last bit', () => {
  /** SHA-256 over names and numbers, its first 16 digits, with seed 1 and sizes of 16 wide, 2 layers, 2 heads, block 8, 11 characters. */
  const digests: Readonly<Record<string, readonly [scaled: string, gpt2: string, torch: string]>> = {
    bigram: ['d82e648eb41eb908', 'd82e648eb41eb908', 'dbc2bb8adf1f9453'],
    average: ['2198a4139b5047f9', '79ce89fe64900831', '323ea3192ae2d371'],
    head: ['ce994b2e5cf90327', '7688ae2f7b5d4a07', '1d0abc53c818dbdc'],
    'multi-head': ['6e972512f2373d5e', '663ac1273948d098', '53f3fa1773c0f277'],
    'feed-forward': ['f1062c3a9004b10e', '8cf0d936042411e8', '42b500478e3ca413'],
    residual: ['cbaf6d6ede0393e1', '80d3e036777ee8cd', '3b3a1f6683727076'],
    'layer-norm': ['ee48fb7c97a3778c', 'dc31aeebcac253a0', '4e3c23c3a12c021d'],
    'gpt-nano': ['4c39737872ff8e68', 'c687e8a538450b14', '6c8409fd30a885a2'],
    gpt: ['4c39737872ff8e68', 'c687e8a538450b14', '6c8409fd30a885a2'],
    'gpt (bias, relu, untied)': ['3c7acd2423b43208', '27683c4382119613', 'ecdecc5f48214e41'],
  };

  test.each(Object.entries(digests))('%s', (stage, expected) => {
    const found = ['scaled', 'gpt2', 'torch'].map((initialization) => {
      const model = tinyModel(stage, { initialization });
      const weights = initialize(modelParameters(model), model.initialization, 1);
      const digest = createHash('sha256');
      for (const name of [...weights.keys()].sort()) {
        const { buffer, byteOffset, byteLength } = weights.get(name) ?? new Float32Array();
        digest.update(name).update(new Uint8Array(buffer, byteOffset, byteLength));
      }
      return digest.digest('hex').slice(0, 16);
    });
    expect(found).toEqual(expected);
  });
});
