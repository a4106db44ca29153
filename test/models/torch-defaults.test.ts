import { describe, expect, test } from 'vitest';
import { modelNamed, modelNames } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';
import { type Initializer, initializersOf } from '../../src/model/index.ts';
import { modelParameters } from '../../src/programs/parameters.ts';
import { distance, numbersOf, runFile } from '../support/run-graph.ts';
import { sized } from '../support/sized.ts';
import { someTokens, strongWeights, tinyFile, tinyModel } from '../support/tiny-ladder.ts';

function torchInitializers(stage: string): ReadonlyMap<string, Initializer> {
  const model = sized(modelNamed(stage), { vocabulary: 65, initialization: 'torch', bias: true, tied: false });
  return initializersOf(modelParameters(model), model.initialization);
}

describe('initialization torch: what PyTorch gives new modules', () => {
  test.each(modelNames)('%s: embeddings N(0, 1), matrices and biases U(±1/√inputs), LayerNorms 1 and 0', (stage) => {
    const initializers = torchInitializers(stage);
    expect(initializers.size).toBeGreaterThan(0);
    for (const [name, initializer] of initializers) {
      const matrix = initializers.get(name.replace(/bias$/, 'weight'));
      if (/embedding_table|wte|wpe/.test(name)) {
        expect(initializer, name).toEqual({ kind: 'normal', standardDeviation: 1 });
      } else if (/(^|\.)ln/.test(name)) {
        expect(initializer, name).toEqual({ kind: 'constant', value: name.endsWith('weight') ? 1 : 0 });
      } else {
        expect(initializer.kind, name).toBe('uniform');
        expect(initializer, name).toEqual(matrix); // a bias has its matrix's bound
      }
    }
  });

  test('the bound follows from the inputs: the whole width into a head, four times the width out of the MLP', () => {
    const bound = (stage: string, name: string): unknown => torchInitializers(stage).get(name);
    expect(bound('layer-norm', 'blocks.0.sa.heads.1.query.weight')).toEqual({
      kind: 'uniform',
      bound: 1 / Math.sqrt(32),
    });
    expect(bound('layer-norm', 'blocks.2.ffwd.net.2.weight')).toEqual({ kind: 'uniform', bound: 1 / Math.sqrt(128) });
    expect(bound('layer-norm', 'lm_head.bias')).toEqual({ kind: 'uniform', bound: 1 / Math.sqrt(32) });
    expect(bound('gpt', 'transformer.h.5.mlp.c_proj.weight')).toEqual({ kind: 'uniform', bound: 1 / Math.sqrt(1536) });
    expect(bound('gpt', 'lm_head.weight')).toEqual({ kind: 'uniform', bound: 1 / Math.sqrt(384) });
  });
});

describe('the scale of attention scores', () => {
  test.each(['multi-head', 'feed-forward', 'residual', 'layer-norm'])(
    '%s: by the embedding’s width it is that of a head with queries smaller by √(head / embedding)',
    async (stage) => {
      const byHead = tinyModel(stage); // two heads, 8 of 16 wide
      const byEmbedding = tinyModel(stage, { attentionScale: 'embedding' });
      const weights = strongWeights(byHead);
      const smaller = new Map(
        [...weights].map(([name, numbers]) => [
          name,
          name.endsWith('query.weight') ? numbers.map((number) => number * Math.sqrt(8 / 16)) : numbers,
        ]),
      );
      const tokens = someTokens([2, 8]);
      const [same, expected, other] = await Promise.all([
        runFile(tinyFile('forward', byEmbedding, { weights }), { tokens }),
        runFile(tinyFile('forward', byHead, { weights: smaller }), { tokens }),
        runFile(tinyFile('forward', byHead, { weights }), { tokens }),
      ]);
      expect(distance(numbersOf(same.logits), numbersOf(expected.logits))).toBeLessThan(1e-4);
      expect(distance(numbersOf(same.logits), numbersOf(other.logits))).toBeGreaterThan(1e-3);
    },
  );

  test.each(['gpt-nano', 'gpt'])('%s knows that of a head only, as the file format of GPT-2 does', (stage) => {
    const make = (): unknown => modelNamed(stage).configure({ vocabulary: 65, attentionScale: 'embedding' });
    expect(make).toThrow(UserError);
    expect(make).toThrow(`${stage} has no setting "attentionScale".`);
  });
});
