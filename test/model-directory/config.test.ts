import { describe, expect, test } from 'vitest';
import { average, bigram, gpt, gptNano, modelNamed, modelNames, multiHead } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';
import { input } from '../../src/graph/index.ts';
import { type ConfiguredModel, defineModel } from '../../src/model/index.ts';
import { configFromJson, configToJson, moduleIn } from '../../src/model-directory/config.ts';
import type { Settings } from '../../src/settings/setting.ts';

const large = gpt.configure({ vocabulary: 65 });
/** As it comes back from a file. */
const written = (model: ConfiguredModel): Record<string, unknown> => JSON.parse(JSON.stringify(configToJson(model)));

describe('config.json', () => {
  test.each<[string, Settings]>([
    ...modelNames.map((name): [string, Settings] => [name, {}]),
    ['average', { average: 'matmul' }],
    ['gpt', { initialization: 'gpt2' }],
    ['gpt-nano', { initialization: 'scaled' }],
    ['gpt', { bias: true, activation: 'relu', tied: false, dropout: 0, heads: 4, embedding: 64, layers: 2, block: 32 }],
  ])('brings %s %j back as it was', (name, settings) => {
    const model = modelNamed(name).configure({ ...settings, vocabulary: 89 });
    expect(configFromJson(written(model), 'config.json')).toEqual(model);
  });

  test('says in GPT-2’s words what GPT-2 has words for', () => {
    expect(configToJson(large)).toMatchObject({
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
    expect(configToJson(gptNano.configure({ vocabulary: 65 })).model_type).toBe('gpt2');
  });

  test('gives the earlier stages a type of our own', () => {
    const config = configToJson(multiHead.configure({ vocabulary: 65 }));
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
  ])('names %s where it is wrong: %j', (key, change) => {
    const json = JSON.parse(JSON.stringify({ ...written(large), ...change }));
    const read = (): unknown => configFromJson(json, 'runs/first/config.json');
    expect(read).toThrow(UserError);
    expect(read).toThrow(`runs/first/config.json is no configuration that this version of trilu can read: ${key}: `);
  });

  test('names a setting that only some models have', () => {
    const model = average.configure({ vocabulary: 65 });
    const read = (changes: object): unknown =>
      configFromJson({ ...written(model), trilu: { ...trilu, model: 'average', ...changes } }, 'config.json');
    expect(() => read({})).not.toThrow();
    expect(() => read({ average: 'mean' })).toThrow(
      'config.json is no configuration that this version of trilu can read: trilu.average: must be one of softmax, matmul.',
    );
    expect(() => read({ averages: 'softmax' })).toThrow('trilu.averages: is no setting of average.');
  });

  test('says nothing to a model of the settings that it lacks and other models have', () => {
    const table = bigram.configure({ vocabulary: 65 });
    const json = {
      ...written(table),
      n_embd: 32,
      n_layer: 7,
      trilu: { ...trilu, model: 'bigram', attention_scale: 'x' },
    };
    expect(configFromJson(json, 'config.json')).toEqual(table.with({ initialization: 'gpt2' }));
  });

  test('names the module that a model of one’s own is defined in', () => {
    const json = JSON.parse(JSON.stringify(configToJson(large, { module: '../my-model.js' })));
    expect(moduleIn(json)).toBe('../my-model.js');
    expect(configFromJson(json, 'config.json')).toEqual(large);
    expect(moduleIn(written(large))).toBeUndefined();
    expect(moduleIn('gpt')).toBeUndefined();
  });

  test('of a model that is not of the ladder is read where it is handed over', () => {
    const own = defineModel({ name: 'mine', settings: {}, logits: () => input('x', 'float32', []) });
    const json = written(own.configure({ vocabulary: 3, block: 5 }));
    expect(json.model_type).toBe('trilu-mine');
    expect(configFromJson(json, 'config.json', [own])).toEqual(own.configure({ vocabulary: 3, block: 5 }));
    expect(() => configFromJson(json, 'config.json')).toThrow('There is no model called mine.');
  });

  test('another version says so', () => {
    expect(() => configFromJson({ ...written(large), trilu: { ...trilu, version: 2 } }, 'config.json')).toThrow(
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
    expect(() => configFromJson({ ...written(large), n_head: 5 }, 'config.json')).toThrow(
      "can't be shared out evenly among 5 heads",
    );
    expect(() => configFromJson({ ...written(large), trilu: { ...trilu, model: 'gtp' } }, 'config.json')).toThrow(
      'no model called gtp',
    );
  });
});
