import { describe, expect, test } from 'vitest';
import { type ModelConfig, modelConfig, modelNames } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';
import { configFromJson, configToJson } from '../../src/export/config.ts';

const gpt = modelConfig('gpt', { vocabularySize: 65 });
/** As it comes back from a file. */
const written = (config: ModelConfig): Record<string, unknown> => JSON.parse(JSON.stringify(configToJson(config)));

describe('config.json', () => {
  test.each<[string, Partial<Omit<ModelConfig, 'model'>>]>([
    ...modelNames.map((name): [string, Partial<Omit<ModelConfig, 'model'>>] => [name, {}]),
    ['average', { average: 'matmul' }],
    ['gpt', { initialization: 'gpt2' }],
    ['gpt-nano', { initialization: 'scaled' }],
    [
      'gpt',
      { bias: true, activation: 'relu', tied: false, dropout: 0, heads: 4, embedding: 64, layers: 2, blockSize: 32 },
    ],
  ])('brings %s %j back as it was', (name, settings) => {
    const config = modelConfig(name, { vocabularySize: 89, ...settings });
    expect(configFromJson(written(config), 'config.json')).toEqual(config);
  });

  test('says in GPT-2’s words what GPT-2 has words for', () => {
    expect(configToJson(gpt)).toMatchObject({
      model_type: 'gpt2',
      architectures: ['GPT2LMHeadModel'],
      vocab_size: 65,
      n_positions: 256,
      n_embd: 384,
      n_layer: 6,
      n_head: 6,
      resid_pdrop: 0.2,
      activation_function: 'gelu',
      tie_word_embeddings: true,
      layer_norm_epsilon: 1e-5,
      trilu: { bias: false },
    });
    expect(configToJson(modelConfig('gpt-nano', { vocabularySize: 65 })).model_type).toBe('gpt2');
  });

  test('gives the earlier stages a type of our own', () => {
    const config = configToJson(modelConfig('multi-head', { vocabularySize: 65 }));
    expect(config.model_type).toBe('trilu-multi-head');
    expect(config).not.toHaveProperty('architectures');
  });

  const trilu = { version: 1, model: 'gpt', bias: false, initialization: 'gpt2', average: 'softmax' };
  test.each<[key: string, change: Record<string, unknown>]>([
    ['model_type', { model_type: undefined }],
    ['vocab_size', { vocab_size: 'many' }],
    ['vocab_size', { vocab_size: 6.5 }],
    ['n_positions', { n_positions: null }],
    ['n_embd', { n_embd: undefined }],
    ['n_layer', { n_layer: '6' }],
    ['n_head', { n_head: [] }],
    ['resid_pdrop', { resid_pdrop: '0.2' }],
    ['activation_function', { activation_function: 'swish' }],
    ['tie_word_embeddings', { tie_word_embeddings: 1 }],
    ['trilu', { trilu: undefined }],
    ['trilu.version', { trilu: { ...trilu, version: 2 } }],
    ['trilu.model', { trilu: { ...trilu, model: 7 } }],
    ['trilu.bias', { trilu: { ...trilu, bias: 'no' } }],
    ['trilu.initialization', { trilu: { ...trilu, initialization: 'zeros' } }],
    ['trilu.average', { trilu: { ...trilu, average: 'mean' } }],
  ])('names %s where it is wrong: %j', (key, change) => {
    const json = JSON.parse(JSON.stringify({ ...written(gpt), ...change }));
    const read = (): unknown => configFromJson(json, 'runs/first/config.json');
    expect(read).toThrow(UserError);
    expect(read).toThrow(`runs/first/config.json is no configuration that this version of trilu can read: ${key}: `);
  });

  test('another version says so', () => {
    expect(() => configFromJson({ ...written(gpt), trilu: { ...trilu, version: 2 } }, 'config.json')).toThrow(
      'trilu.version: is of another version of trilu',
    );
  });

  test.each<[what: string, json: unknown]>([
    ['nothing', undefined],
    ['a list', []],
    ['a text', 'gpt'],
    ['null', null],
  ])('%s is no configuration', (_what, json) => {
    expect(() => configFromJson(json, 'config.json')).toThrow(UserError);
  });

  test('sizes that do not fit together are refused too', () => {
    expect(() => configFromJson({ ...written(gpt), n_head: 5 }, 'config.json')).toThrow(
      "can't be shared out evenly among 5 heads",
    );
    expect(() => configFromJson({ ...written(gpt), trilu: { ...trilu, model: 'gtp' } }, 'config.json')).toThrow(
      'no model called gtp',
    );
  });
});
