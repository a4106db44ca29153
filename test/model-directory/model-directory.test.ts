import { describe, expect, it } from 'vitest';
import { modelNamed, modelNames } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';
import { readModel } from '../../src/import/read-model-directory.ts';
import type { GivenSettings } from '../../src/model/index.ts';
import {
  descriptionFiles,
  encodeWeights,
  modelFiles,
  type TrainedModel,
  weightParts,
} from '../../src/model-directory/model-directory.ts';
import { modelParameters } from '../../src/programs/index.ts';
import { decodeSafetensors, encodeSafetensors, type SafetensorsTensor } from '../../src/safetensors/safetensors.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { requireTokenizer } from '../../src/text/tokenizers/index.ts';
import { initialize } from '../../src/train/initialize.ts';
import { sized } from '../support/sized.ts';

const tokenizer = CharacterTokenizer.fromVocabulary(['\n', ' ', '"', '7', 'a', 'é', '鯨', '🐋']);

function modelOf(name: string, settings: Partial<GivenSettings> = {}): TrainedModel {
  const small = { block: 8, embedding: 16, heads: 2, layers: 2 };
  const model = sized(modelNamed(name), { ...small, ...settings, vocabulary: tokenizer.size });
  return { model, tokenizer, weights: initialize(modelParameters(model), model.initialization, 3) };
}

/** The directory's files in memory. */
function filesOf(trained: TrainedModel): Map<string, Uint8Array> {
  const texts = descriptionFiles(trained).map(([name, text]) => [name, new TextEncoder().encode(text)] as const);
  return new Map([...texts, [modelFiles.weights, encodeWeights(trained.model, trained.weights)]]);
}

function read(files: ReadonlyMap<string, Uint8Array>): Promise<TrainedModel> {
  return readModel(async (name) => {
    const bytes = files.get(name);
    if (bytes === undefined) throw new UserError(`${name} is missing.`);
    return bytes;
  }, 'folder');
}

describe('a model directory', () => {
  it.each(modelNames)('of %s comes back as it was', async (name) => {
    const trained = modelOf(name);
    expect(await read(filesOf(trained))).toEqual(trained);
  });

  it.each([{ bias: true }, { tied: false }, { dropout: 0.25, activation: 'relu' as const }])(
    'of a gpt with %j comes back as it was',
    async (settings) => {
      const trained = modelOf('gpt', settings);
      expect(await read(filesOf(trained))).toEqual(trained);
    },
  );

  it('of a stage without layers may say any number of them', async () => {
    const trained = modelOf('bigram');
    const files = filesOf(trained);
    const config: object = JSON.parse(new TextDecoder().decode(files.get('config.json')));
    files.set('config.json', new TextEncoder().encode(JSON.stringify({ ...config, n_layer: 7 })));
    expect(await read(files)).toEqual(trained);
  });

  it('has the files that Hugging Face’s tools look for', () => {
    expect([...filesOf(modelOf('gpt')).keys()].sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
  });
});

describe('a model directory without characters', () => {
  const { tokenizer: _, ...trained } = modelOf('gpt');

  it('comes back as it was, and has no tokenizer’s files', async () => {
    const texts = descriptionFiles(trained).map(([name, text]) => [name, new TextEncoder().encode(text)] as const);
    expect(texts.map(([name]) => name)).toEqual(['config.json', 'generation_config.json']);
    const files = new Map([...texts, [modelFiles.weights, encodeWeights(trained.model, trained.weights)]]);
    const back = await readModel(async (name) => files.get(name), 'folder');
    expect(back).toEqual(trained);
    expect(() => requireTokenizer(back.tokenizer, 'folder')).toThrow(
      /^folder has no tokenizer of a kind that is known/,
    );
  });
});

describe('the weights of a GPT', () => {
  it('come in parts that are the same file', () => {
    const { model, weights } = modelOf('gpt');
    const whole = encodeWeights(model, weights);
    expect(Buffer.concat(weightParts(model, weights)).equals(whole)).toBe(true);
  });

  /** GPT-2's own tensors for one layer, as transformers' GPT2LMHeadModel lists them: names, and sizes by C. */
  const inLayer = {
    'ln_1.weight': [1],
    'ln_1.bias': [1],
    'attn.c_attn.weight': [1, 3],
    'attn.c_attn.bias': [3],
    'attn.c_proj.weight': [1, 1],
    'attn.c_proj.bias': [1],
    'ln_2.weight': [1],
    'ln_2.bias': [1],
    'mlp.c_fc.weight': [1, 4],
    'mlp.c_fc.bias': [4],
    'mlp.c_proj.weight': [4, 1],
    'mlp.c_proj.bias': [1],
  };

  it.each([true, false])('are GPT-2’s, all of them, with biases: %s', (bias) => {
    const { model, weights } = modelOf('gpt-nano', { bias });
    const { tensors, metadata } = decodeSafetensors(encodeWeights(model, weights));
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
    const layers = [0, 1].flatMap((layer) =>
      Object.entries(inLayer).map(([name, sizes]) => [
        `transformer.h.${layer}.${name}`,
        sizes.map((size) => size * 16),
      ]),
    );
    expect(shapes).toEqual({
      'transformer.wte.weight': [8, 16],
      'transformer.wpe.weight': [8, 16],
      ...Object.fromEntries(layers),
      'transformer.ln_f.weight': [16],
      'transformer.ln_f.bias': [16],
    });
    expect(metadata).toEqual({ format: 'pt' });
    for (const [name, { data }] of tensors) {
      const own = weights.get(name);
      if (own !== undefined) expect(data, name).toEqual(own);
      else expect([...new Set(Array.from(data, Number))], name).toEqual([0]);
    }
  });

  it('that is not tied have an output layer of their own', () => {
    const { model, weights } = modelOf('gpt-nano', { tied: false });
    expect(decodeSafetensors(encodeWeights(model, weights)).tensors.get('lm_head.weight')?.shape).toEqual([8, 16]);
  });
});

describe('what doesn’t fit together is told by file', () => {
  const trained = modelOf('gpt-nano');
  const whole = filesOf(trained);

  function changed(name: string, change: (text: string) => string): Map<string, Uint8Array> {
    const text = new TextDecoder().decode(whole.get(name));
    expect(change(text), 'the change').not.toBe(text);
    return new Map([...whole, [name, new TextEncoder().encode(change(text))]]);
  }

  it.each<[string, string, (text: string) => string, RegExp]>([
    [
      'config.json',
      'vocabulary',
      (text) => text.replace('"vocab_size": 8', '"vocab_size": 9'),
      /^folder\/tokenizer\.json has 8 characters, but config\.json says 9\.$/,
    ],
    [
      'config.json',
      'width',
      (text) => text.replace('"n_embd": 16', '"n_embd": 8'),
      /^folder\/model\.safetensors: transformer\.wte\.weight is F32 of shape \[8, 16\], but .* \[8, 8\]\.$/,
    ],
    [
      'config.json',
      'block',
      (text) => text.replace('"n_positions": 8', '"n_positions": 16'),
      /transformer\.wpe\.weight is F32 of shape \[8, 16\]/,
    ],
    [
      'config.json',
      'layers',
      (text) => text.replace('"n_layer": 2', '"n_layer": 3'),
      /^folder\/model\.safetensors lacks the weights transformer\.h\.2\./,
    ],
    [
      'config.json',
      'huge',
      (text) => text.replace('"n_layer": 2', '"n_layer": 9007199254740991'),
      /too few for the 9007199254740991 layers/,
    ],
    [
      'config.json',
      'model',
      (text) => text.replace('"model": "gpt-nano"', '"model": "gpt-5"'),
      /^folder\/config\.json describes no model: There is no model called gpt-5/,
    ],
    [
      'config.json',
      'fraction',
      (text) => text.replace('"n_head": 2', '"n_head": 2.5'),
      /^folder\/config\.json is no configuration .* n_head: /,
    ],
    ['config.json', 'no JSON', (text) => text.slice(0, -3), /^folder\/config\.json is damaged: it is no JSON\.$/],
    ['config.json', 'a list', () => '[]', /^folder\/config\.json is no configuration/],
    ['tokenizer.json', 'no JSON', (text) => text.slice(0, 200), /^folder\/tokenizer\.json is not JSON, or cut short/],
    ['tokenizer.json', 'double', (text) => text.replace('"é": ', '"a": '), /^folder\/tokenizer\.json has "a" twice\.$/],
  ])('%s: %s', async (name, _, change, message) => {
    const failure = read(changed(name, change));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toMatchObject({ name: 'UserError', exitCode: 1 });
  });

  it('weights of another type', async () => {
    const { tensors } = decodeSafetensors(encodeWeights(trained.model, trained.weights));
    const changedType = [...tensors.values()].map((tensor) =>
      tensor.name === 'transformer.wpe.weight'
        ? { ...tensor, type: 'I32' as const, data: new Int32Array(8 * 16) }
        : tensor,
    );
    const files = new Map([...whole, [modelFiles.weights, encodeSafetensors(changedType)]]);
    await expect(read(files)).rejects.toThrow(/transformer\.wpe\.weight is I32 of shape \[8, 16\], but .* F32/);
  });

  it('weights that are one too many, or biases where the model has none', async () => {
    const { tensors } = decodeSafetensors(encodeWeights(trained.model, trained.weights));
    const bias = 'transformer.h.1.mlp.c_fc.bias';
    const learned = [...tensors.values()].map((tensor) =>
      tensor.name === bias ? { ...tensor, data: new Float32Array(64).fill(1e-9) } : tensor,
    );
    const more = { name: 'score.weight', type: 'F32' as const, shape: [1], data: Float32Array.of(1) };
    const withWeights = (list: Iterable<SafetensorsTensor>): Map<string, Uint8Array> =>
      new Map([...whole, [modelFiles.weights, encodeSafetensors(list)]]);
    await expect(read(withWeights(learned))).rejects.toThrow(
      `folder/model.safetensors: ${bias} is not zero, but config.json says that the model has no biases (trilu.bias)`,
    );
    await expect(read(withWeights([...tensors.values(), more]))).rejects.toThrow(
      'folder/model.safetensors holds score.weight, which the configuration has no place for.',
    );
  });

  it.each<[string, string, string]>([
    ['layer_norm_epsilon', '1e-6', 'is 0.000001, and only 0.00001 is known here'],
    ['scale_attn_weights', 'false', 'is false, and only true is known here'],
    ['n_inner', '17', 'is 17, and only 4 · n_embd (64) is known here'],
  ])('a configuration that would compute something else: %s', async (key, value, problem) => {
    const files = changed('config.json', (text) => text.replace(new RegExp(`("${key}": )[^,]+`), `$1${value}`));
    await expect(read(files)).rejects.toThrow(
      `folder/config.json is no configuration that this version of trilu can read: ${key}: ${problem}.`,
    );
  });

  it('any file cut short anywhere, or missing', async () => {
    for (const name of ['config.json', 'tokenizer.json', 'model.safetensors']) {
      const bytes = whole.get(name) ?? new Uint8Array();
      for (let length = 0; length < bytes.length - 2; length += Math.ceil(bytes.length / 97)) {
        const files = new Map([...whole, [name, bytes.slice(0, length)]]);
        await expect(read(files), `${name}, ${length} bytes`).rejects.toBeInstanceOf(UserError);
      }
      const files = new Map(whole);
      files.delete(name);
      await expect(read(files)).rejects.toThrow(`${name} is missing.`);
    }
  });
});
