import { describe, expect, test } from 'vitest';
import { gpt, modelNamed, modelNames } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';
import { input, type Node, nodesBefore } from '../../src/graph/index.ts';
import { type GivenSettings, initializersOf } from '../../src/model/index.ts';
import { modelParameters } from '../../src/programs/parameters.ts';
import { elementCount } from '../../src/runtime/tensor.ts';

/** Names and shapes of a stage's parameters. */
function shapesOf(name: string, settings: Partial<GivenSettings> = {}): Map<string, readonly number[]> {
  const model = modelNamed(name).configure({ vocabulary: 65, ...settings });
  return new Map(modelParameters(model).map((parameter) => [parameter.name, parameter.value.shape.map(Number)]));
}

const countOf = (shapes: ReadonlyMap<string, readonly number[]>): number =>
  [...shapes.values()].reduce((sum, shape) => sum + elementCount(shape), 0);

function operatorsOf(settings: Partial<GivenSettings<(typeof gpt)['settings']>>): Set<string> {
  const model = gpt.configure({ vocabulary: 65, ...settings });
  const nodes: Node[] = nodesBefore([model.logits(input('tokens', 'int32', ['batch', 'time']))]);
  return new Set(nodes.map(({ operator }) => operator.name));
}

describe('the ladder', () => {
  test('has the lecture’s stages in the lecture’s order', () => {
    expect(modelNames).toEqual([
      'bigram',
      'average',
      'head',
      'multi-head',
      'feed-forward',
      'residual',
      'layer-norm',
      'gpt-nano',
      'gpt',
    ]);
  });

  test.each([
    ['bigram', 4_225],
    ['average', 65 * 32 + 8 * 32 + 32 * 65 + 65],
    ['head', 7_553],
    ['multi-head', 7_553],
    ['feed-forward', 8_609],
    ['residual', 41_921],
    ['layer-norm', 42_369],
    ['gpt-nano', 804_096],
    ['gpt', 10_745_088],
  ])('%s has %i parameters with 65 characters', (name, count) => {
    expect(countOf(shapesOf(name))).toBe(count);
  });

  test('gpt-nano has GPT-2’s names and layouts: Conv1D weights are [in, out]', () => {
    const block = (layer: number): [string, number[]][] => [
      [`transformer.h.${layer}.ln_1.weight`, [128]],
      [`transformer.h.${layer}.attn.c_attn.weight`, [128, 384]],
      [`transformer.h.${layer}.attn.c_proj.weight`, [128, 128]],
      [`transformer.h.${layer}.ln_2.weight`, [128]],
      [`transformer.h.${layer}.mlp.c_fc.weight`, [128, 512]],
      [`transformer.h.${layer}.mlp.c_proj.weight`, [512, 128]],
    ];
    expect([...shapesOf('gpt-nano')]).toEqual([
      ['transformer.wte.weight', [65, 128]],
      ['transformer.wpe.weight', [64, 128]],
      ...[0, 1, 2, 3].flatMap(block),
      ['transformer.ln_f.weight', [128]],
    ]);
  });

  test('gpt with biases has one in every linear layer and LayerNorm', () => {
    const plain = shapesOf('gpt', { layers: 1 });
    const biased = shapesOf('gpt', { layers: 1, bias: true });
    const added = [...biased].filter(([name]) => !plain.has(name));
    expect(Object.fromEntries(added)).toEqual({
      'transformer.h.0.ln_1.bias': [384],
      'transformer.h.0.attn.c_attn.bias': [1152],
      'transformer.h.0.attn.c_proj.bias': [384],
      'transformer.h.0.ln_2.bias': [384],
      'transformer.h.0.mlp.c_fc.bias': [1536],
      'transformer.h.0.mlp.c_proj.bias': [384],
      'transformer.ln_f.bias': [384],
    });
  });

  test('gpt untied has an output layer of its own, in the embedding’s layout', () => {
    expect(shapesOf('gpt').has('lm_head.weight')).toBe(false);
    expect(shapesOf('gpt', { tied: false }).get('lm_head.weight')).toEqual([65, 384]);
  });

  test('gpt takes either activation', () => {
    const [gelu, relu] = [operatorsOf({ activation: 'gelu' }), operatorsOf({ activation: 'relu' })];
    expect([gelu.has('Erf'), gelu.has('Relu'), relu.has('Erf'), relu.has('Relu')]).toEqual([true, false, false, true]);
  });

  test.each<['gpt2' | 'scaled', ordinary: (inputs: number) => number]>([
    ['gpt2', () => 0.02],
    ['scaled', (inputs) => 1 / Math.sqrt(inputs)],
  ])(
    'gpt’s matrices begin as %s says, what adds to the residual stream smaller by √(2 · layers)',
    (initialization, ordinary) => {
      const model = gpt.configure({ vocabulary: 65, initialization });
      const parameters = modelParameters(model);
      const initializers = initializersOf(parameters, model.initialization);
      const matrices = parameters.filter(({ name }) => name.includes('.attn.') || name.includes('.mlp.'));
      expect(matrices).toHaveLength(6 * 4);
      for (const { name, value } of matrices) {
        const deviation = ordinary(Number(value.shape[0])) / (name.endsWith('c_proj.weight') ? Math.sqrt(12) : 1);
        const initializer = initializers.get(name);
        expect(initializer?.kind === 'normal' ? initializer.standardDeviation : 0, name).toBeCloseTo(deviation, 12);
      }
    },
  );
});

describe('impossible sizes are refused in a sentence', () => {
  test.each<[name: string, settings: Partial<GivenSettings>, message: string]>([
    ['gtp', {}, 'There is no model called gtp. Did you mean "gpt"?'],
    ['transformer', {}, 'There is no model called transformer. Choose from bigram, average, head,'],
    ['gpt', { vocabulary: 0 }, 'gpt: vocabulary must be a whole number from 1, not 0.'],
    ['bigram', { vocabulary: 2.5 }, 'bigram: vocabulary must be a whole number from 1, not 2.5.'],
    ['gpt', { block: -1 }, 'gpt: block must be a whole number from 1, not -1.'],
    ['gpt', { embedding: Number.NaN }, 'gpt: embedding must be a whole number from 1, not NaN.'],
    [
      'gpt',
      { embedding: 100, heads: 6 },
      "An embedding of 100 can't be shared out evenly among 6 heads; change one of them.",
    ],
    ['gpt', { heads: 0 }, 'gpt: heads must be a whole number from 1, not 0.'],
    ['multi-head', { heads: 0 }, 'multi-head: heads must be a whole number from 1, not 0.'],
    ['gpt', { layers: 0 }, 'gpt: layers must be a whole number from 1, not 0.'],
    ['residual', { layers: 1.5 }, 'residual: layers must be a whole number from 1, not 1.5.'],
    ['bigram', { layers: 1 }, 'bigram has no setting "layers". Choose from block, initialization.'],
    ['gpt', { dropout: 1 }, 'gpt: dropout must be a number from 0 and below 1, not 1.'],
    ['gpt', { dropout: -0.1 }, 'gpt: dropout must be a number from 0 and below 1, not -0.1.'],
  ])('%s %j', (name, settings, message) => {
    const make = (): unknown => modelNamed(name).configure({ vocabulary: 65, ...settings });
    expect(make).toThrow(UserError);
    expect(make).toThrow(message);
  });

  test('sizes that are changed afterwards are checked too', () => {
    const good = gpt.configure({ vocabulary: 65 });
    expect(() => good.with({ vocabulary: 0 })).toThrow('gpt: vocabulary must be a whole number from 1, not 0.');
    expect(() => good.with({ heads: 5 })).toThrow("can't be shared out evenly among 5 heads");
  });
});
