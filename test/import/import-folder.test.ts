import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { exportProgram } from '../../src/export/export-program.ts';
import type { ReadFile } from '../../src/import/folder.ts';
import { type ImportedModel, importFolder } from '../../src/import/import-folder.ts';
import { readModel } from '../../src/import/read-model-directory.ts';
import { encodeWeights } from '../../src/model-directory/model-directory.ts';
import { tokenizerJson } from '../../src/model-directory/tokenizer-files.ts';
import { forwardProgram } from '../../src/programs/forward-program.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { decodeSafetensors, encodeSafetensors, type SafetensorsTensor } from '../../src/safetensors/safetensors.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { requireTokenizer } from '../../src/text/tokenizers/index.ts';
import { type Gpt2FolderCase, gpt2Config, makeGpt2Folders } from '../support/gpt2-folders.ts';
import { distance, numbersOf, runFile } from '../support/run-graph.ts';
import { strongWeights, tinyModel } from '../support/tiny-ladder.ts';
import { pythonWithTorch } from '../support/torch.ts';

type Files = ReadonlyMap<string, string | Uint8Array>;

const bytesOf = (content: string | Uint8Array): Uint8Array =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content;

const textOf = (content: string | Uint8Array = ''): string => new TextDecoder().decode(bytesOf(content));

function reading(files: Files): ReadFile {
  return async (name) => {
    const content = files.get(name);
    return content === undefined ? undefined : bytesOf(content);
  };
}

/** The files that an import gives, as they will lie in a folder. */
function written({ files }: ImportedModel): Files {
  return new Map(
    files.map(([name, content]) => [
      name,
      typeof content === 'string' || content instanceof Uint8Array ? content : Buffer.concat(content),
    ]),
  );
}

const python = pythonWithTorch();
const folder = mkdtempSync(join(tmpdir(), 'trilu-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(python === undefined)('GPT-2 folders of PyTorch', () => {
  const tokens = [
    [464, 7, 0, 499, 33, 250, 101],
    [1, 2, 3, 4, 5, 6, 7],
  ];
  const plain = { dtype: 'F32', prefix: true, buffers: false, biases: true, parts: 1, tokens } as const;
  const cases: readonly Gpt2FolderCase[] = [
    { ...plain, directory: join(folder, 'plain'), config: gpt2Config, seed: 1 },
    {
      ...plain,
      directory: join(folder, 'float16 with masks'),
      config: { ...gpt2Config, activation_function: 'relu', tie_word_embeddings: false },
      dtype: 'F16',
      prefix: false,
      buffers: true,
      seed: 2,
    },
    {
      ...plain,
      directory: join(folder, 'bfloat16 in parts'),
      config: { ...gpt2Config, activation_function: 'gelu' },
      dtype: 'BF16',
      parts: 3,
      buffers: true,
      seed: 3,
    },
    {
      ...plain,
      directory: join(folder, 'float64 without biases'),
      config: gpt2Config,
      dtype: 'F64',
      biases: false,
      seed: 4,
    },
  ];
  const answers = python === undefined ? [] : makeGpt2Folders(python, cases);
  const onDisk =
    (directory: string): ReadFile =>
    async (name) =>
      existsSync(join(directory, name)) ? readFileSync(join(directory, name)) : undefined;

  it.each(cases.map((each, index) => [each.directory.slice(folder.length + 1), each, answers[index] ?? []] as const))(
    '%s: our scores are those of PyTorch in float64 to 1e-5',
    async (_, { directory }, expected) => {
      const { model } = await importFolder(onDisk(directory), directory);
      const file = exportProgram(forwardProgram(model.model), model);
      const { logits } = await runFile(file, { tokens: tensor('int32', [2, 7], tokens.flat()) });
      expect(logits?.shape).toEqual([2, 7, 500]);
      const largest = expected.reduce((most, score) => Math.max(most, Math.abs(score)), 0);
      expect(largest).toBeGreaterThan(1);
      expect(distance(numbersOf(logits), expected) / largest).toBeLessThan(1e-5);
    },
  );

  it('become model directories that give the same model back, tokenizer and special tokens kept', async () => {
    for (const { directory, biases } of cases) {
      const imported = await importFolder(onDisk(directory), directory);
      const files = written(imported);
      expect(await readModel(reading(files), 'imported'), directory).toEqual(imported.model);
      expect(imported.model.model.settings.bias).toBe(biases);
      expect(imported.model.tokenizer).toBeUndefined();
      expect(() => requireTokenizer(imported.model.tokenizer, 'imported')).toThrow(
        /^imported has no tokenizer of a kind/,
      );
      expect(imported.notes).toEqual([expect.stringMatching(/ has no tokenizer of a kind that is known: /)]);
      expect(textOf(files.get('tokenizer.json'))).toBe(readFileSync(join(directory, 'tokenizer.json'), 'utf8'));
      expect([...files.keys()].at(-1)).toBe('model.safetensors');
      const config: unknown = JSON.parse(textOf(files.get('config.json')));
      expect(config).toMatchObject({ bos_token_id: 499, eos_token_id: 499, trilu: { model: 'gpt' } });
      const { tensors } = decodeSafetensors(bytesOf(files.get('model.safetensors') ?? ''));
      expect([...tensors.values()].every(({ type }) => type === 'F32')).toBe(true);
    }
  });
});

/** A GPT-2 as other tools save it, in memory: 2 layers, 16 wide, 2 heads, block 8, 11 tokens. */
const source = tinyModel('gpt', { bias: true, activation: 'gelu_new' });
const weights = strongWeights(source);
const foreignConfig: Readonly<Record<string, unknown>> = {
  ...gpt2Config,
  ...{ vocab_size: 11, n_positions: 8, n_ctx: 8, n_embd: 16, n_layer: 2, n_head: 2, bos_token_id: null },
};
const { tensors: foreignTensors } = decodeSafetensors(encodeWeights(source, weights));
const characters = Array.from('abcdefghijk');

function foreign({
  config = {},
  tensors = [...foreignTensors.values()],
  tokenizer = tokenizerJson(CharacterTokenizer.fromVocabulary(characters)),
}: {
  config?: Readonly<Record<string, unknown>>;
  tensors?: readonly SafetensorsTensor[];
  tokenizer?: string;
} = {}): Files {
  return new Map<string, string | Uint8Array>([
    ['config.json', JSON.stringify({ ...foreignConfig, ...config })],
    ['model.safetensors', encodeSafetensors(tensors)],
    ['tokenizer.json', tokenizer],
  ]);
}

const importing = (files: Files): Promise<ImportedModel> => importFolder(reading(files), 'gpt2');

describe('a GPT-2 of characters', () => {
  it('has a vocabulary, and its weights to the last bit', async () => {
    const { model, notes } = await importing(foreign());
    expect(model.tokenizer?.characters).toEqual(characters);
    expect(model.weights).toEqual(weights);
    expect(notes).toEqual([]);
    expect(model.model).toEqual(source.with({ dropout: 0.1, initialization: 'gpt2' }));
  });

  it('gets the files that it lacks, and keeps those that it has', async () => {
    const own = '{"do_sample": false}';
    const files = written(await importing(new Map([...foreign(), ['generation_config.json', own]])));
    expect([...files.keys()].sort()).toEqual([
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'special_tokens_map.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    expect(textOf(files.get('generation_config.json'))).toBe(own);
  });

  it('may lack a tokenizer: then it takes token ids', async () => {
    const files = new Map(foreign());
    files.delete('tokenizer.json');
    const { model } = await importing(files);
    expect(model).not.toHaveProperty('tokenizer');
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['n_ctx for n_positions', { n_positions: undefined }],
    ['other names of sizes', { n_embd: undefined, hidden_size: 16, n_layer: undefined, num_hidden_layers: 2 }],
    ['n_inner spelled out', { n_inner: 64 }],
    [
      'the defaults left out',
      { activation_function: undefined, tie_word_embeddings: undefined, layer_norm_epsilon: undefined },
    ],
    ['another name of the same GELU', { activation_function: 'gelu_pytorch_tanh' }],
  ])('may have %s', async (_, config) => {
    const { model } = await importing(foreign({ config }));
    expect(model).toEqual((await importing(foreign())).model);
  });

  it('of unequal dropout rates says which it took', async () => {
    const { model, notes } = await importing(foreign({ config: { resid_pdrop: 0.3 } }));
    expect(model.model.settings.dropout).toBe(0.3);
    expect(notes).toEqual([
      'The dropout rates of gpt2/config.json differ; a training here drops 0.3 everywhere (resid_pdrop).',
    ]);
  });

  it('may store its output layer beside the table that it is tied to', async () => {
    const table = foreignTensors.get('transformer.wte.weight');
    if (table === undefined) throw new Error('the file has no table');
    const head = { ...table, name: 'lm_head.weight' };
    const { model } = await importing(foreign({ tensors: [...foreignTensors.values(), head] }));
    expect(model.weights.has('lm_head.weight')).toBe(false);
    const other = { ...head, data: new Float32Array(head.data.length) };
    await expect(importing(foreign({ tensors: [...foreignTensors.values(), other] }))).rejects.toThrow(
      /lm_head\.weight differs from transformer\.wte\.weight, but config\.json says that they are one/,
    );
  });

  it('was ours before another tool saved it anew: biases that were learned meanwhile count', async () => {
    const config = {
      trilu: { version: 1, model: 'gpt-nano', bias: false, initialization: 'scaled', average: 'softmax' },
    };
    const files = foreign({ config });
    const { model } = await importing(files);
    expect(model.model).toMatchObject({ name: 'gpt-nano', settings: { bias: true } });
    await expect(readModel(reading(files), 'gpt2')).rejects.toThrow(
      /^gpt2\/model\.safetensors: transformer\.h\.0\..*bias is not zero, but config\.json says .* read the folder with trilu import\.$/,
    );
  });

  it('is told apart from a model directory', async () => {
    await expect(readModel(reading(foreign()), 'gpt2')).rejects.toThrow(
      /^gpt2\/config\.json is no configuration .*: trilu: .* \(a GPT-2 that other tools have saved is read with trilu import\)\.$/,
    );
  });
});

/** The tensors with one of them changed, left out or added. */
function changed(name: string, change: (tensor: SafetensorsTensor) => SafetensorsTensor[]): SafetensorsTensor[] {
  const found = foreignTensors.get(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return [...foreignTensors.values()].flatMap((each) => (each === found ? change(each) : [each]));
}

function broken(number: number): Float32Array {
  return Float32Array.from({ length: 16 }, (_, index) => (index === 5 ? number : 1));
}

describe('what can’t be imported is told by file and name', () => {
  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    ['model_type', { model_type: 'gpt_neo' }, /is of the model_type "gpt_neo"; only gpt2 can be imported\.$/],
    ['model_type', { model_type: undefined }, /is of the model_type undefined/],
    ['n_layer', { n_layer: undefined }, /is no configuration of a GPT-2: n_layer: /],
    ['n_head', { n_head: 0 }, /is no configuration of a GPT-2: n_head: /],
    ['n_embd', { n_embd: 16.5 }, /is no configuration of a GPT-2: n_embd: /],
    ['heads', { n_head: 3 }, /describes no model: An embedding of 16 can't be shared out evenly among 3 heads/],
    [
      'activation',
      { activation_function: 'silu' },
      /its activation_function is "silu", and those known here are gelu, /,
    ],
    ['activation', { activation_function: 'toString' }, /its activation_function is "toString"/],
    ['epsilon', { layer_norm_epsilon: 1e-6 }, /layer_norm_epsilon: is 0\.000001, and only 0\.00001 is known here\.$/],
    ['inner width', { n_inner: 32 }, /n_inner: is 32, and only 4 · n_embd \(64\) is known here\.$/],
    ['scale', { scale_attn_weights: false }, /scale_attn_weights: is false, and only true is known here\.$/],
    ['scale', { scale_attn_by_inverse_layer_idx: true }, /scale_attn_by_inverse_layer_idx: is true/],
    ['upcast', { reorder_and_upcast_attn: true }, /reorder_and_upcast_attn: is true/],
    ['cross-attention', { add_cross_attention: true }, /add_cross_attention: is true/],
    ['tied', { tie_word_embeddings: 'yes' }, /is no configuration of a GPT-2: tie_word_embeddings: /],
    ['dropout', { resid_pdrop: 1.5 }, /describes no model: gpt: dropout must be a number from 0 and below 1, not 1\.5/],
  ])('config.json: %s %j', async (_, config, message) => {
    const failure = importing(foreign({ config }));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(/^gpt2\/config\.json /);
    await expect(failure).rejects.toMatchObject({ name: 'UserError', exitCode: 1 });
  });

  it.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    [
      'width',
      { n_embd: 32 },
      /wte\.weight is F32 of shape \[11, 16\], but the configuration asks for F32 of shape \[11, 32\]/,
    ],
    ['vocabulary', { vocab_size: 12 }, /tokenizer\.json has 11 characters, but config\.json says 12\./],
    ['positions', { n_positions: 9 }, /wpe\.weight is F32 of shape \[8, 16\], but .* \[9, 16\]/],
    ['fewer layers', { n_layer: 1 }, /holds transformer\.h\.1\.\S+, which the configuration has no place for\./],
    ['more layers', { n_layer: 3 }, /has 28 tensors, too few for the 3 layers that config\.json asks for/],
    ['endless layers', { n_layer: 1e15 }, /too few for the 1000000000000000 layers/],
    ['endless positions', { n_positions: 2 ** 50 }, /wpe\.weight is F32 of shape \[8, 16\]/],
    ['an output layer', { tie_word_embeddings: false }, /lacks the weights lm_head\.weight/],
  ])('config.json and weights of another %s', async (_, config, message) => {
    await expect(importing(foreign({ config }))).rejects.toThrow(message);
  });

  const weight = 'transformer.h.1.mlp.c_proj.weight';
  const norm = 'transformer.ln_f.weight';
  it.each<[string, SafetensorsTensor[], RegExp]>([
    ['missing', changed(weight, () => []), /lacks the weights transformer\.h\.1\.mlp\.c_proj\.weight that/],
    ['surplus', changed(weight, (one) => [one, { ...one, name: 'score.weight' }]), /holds score\.weight, which/],
    ['turned', changed(weight, (one) => [{ ...one, shape: [16, 64] }]), /c_proj\.weight is F32 of shape \[16, 64\]/],
    [
      'integers',
      changed(norm, (one) => [{ ...one, type: 'I32', data: new Int32Array(16) }]),
      /ln_f\.weight is I32 of shape \[16\], but the configuration asks for F32/,
    ],
    [
      'NaN',
      changed(norm, (one) => [{ ...one, data: broken(Number.NaN) }]),
      /number 5 of transformer\.ln_f\.weight is NaN/,
    ],
    [
      'too large for float32',
      changed(norm, (one) => [{ ...one, type: 'F64', data: Float64Array.from(broken(1), (x) => x * 1e300) }]),
      /number 0 of transformer\.ln_f\.weight is Infinity in float32/,
    ],
    [
      'twice',
      changed(norm, (one) => [one, { ...one, name: 'ln_f.weight' }]),
      /holds one tensor twice, as \S*ln_f\.weight and as \S*ln_f\.weight\./,
    ],
    [
      'a mask of another size',
      changed(norm, (one) => [
        one,
        { name: 'h.0.attn.bias', type: 'U8', shape: [1, 1, 4, 4], data: new Uint8Array(16) },
      ]),
      /h\.0\.attn\.bias is a mask of shape \[1, 1, 4, 4\], but the configuration has 8 positions\./,
    ],
  ])('weights: %s', async (_, tensors, message) => {
    const failure = importing(foreign({ tensors }));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(/^gpt2\/model\.safetensors/);
    await expect(failure).rejects.toBeInstanceOf(UserError);
  });

  it('no weights, or weights of another form', async () => {
    const files = new Map(foreign());
    files.delete('model.safetensors');
    await expect(importing(files)).rejects.toThrow(
      /^gpt2 has no weights: .* such as pytorch_model\.bin, have to be saved/,
    );
    files.delete('config.json');
    await expect(importing(files)).rejects.toThrow(/^gpt2 has no config\.json/);
  });

  it('any file cut short anywhere', async () => {
    for (const [name, content] of foreign()) {
      const bytes = bytesOf(content);
      for (let length = 0; length < bytes.length - 1; length += Math.ceil(bytes.length / 61)) {
        const files = new Map([...foreign(), [name, bytes.slice(0, length)]]);
        await expect(importing(files), `${name}, ${length} bytes`).rejects.toBeInstanceOf(UserError);
      }
    }
  });
});

describe('weights in parts', () => {
  const all = [...foreignTensors.values()];
  const [first, second] = [all.slice(0, 9), all.slice(9)];
  const weightMap = (names: readonly SafetensorsTensor[], file: string): Record<string, string> =>
    Object.fromEntries(names.map(({ name }) => [name, file]));
  const map = { ...weightMap(first, 'one.safetensors'), ...weightMap(second, 'two.safetensors') };

  function parts(index: unknown, one = first, two = second): Map<string, string | Uint8Array> {
    const files = new Map(foreign());
    files.delete('model.safetensors');
    files.set('model.safetensors.index.json', typeof index === 'string' ? index : JSON.stringify(index));
    files.set('one.safetensors', encodeSafetensors(one));
    files.set('two.safetensors', encodeSafetensors(two));
    return files;
  }

  it('are read as one', async () => {
    expect((await importing(parts({ weight_map: map }))).model.weights).toEqual(weights);
  });

  it.each<[string, Files, RegExp]>([
    ['a list that is none', parts('[]'), /index\.json is damaged: weight_map: /],
    ['a list cut short', parts('{"weight_map": {'), /index\.json is damaged: it is no JSON\./],
    [
      'a tensor listed twice',
      parts('{"weight_map": {"a": "one.safetensors", "a": "two.safetensors"}}'),
      /has 'a' twice/,
    ],
    [
      'a way out of the folder',
      parts({ weight_map: { a: '../one.safetensors' } }),
      /which is no safetensors file of this folder/,
    ],
    [
      'a file that is missing',
      parts({ weight_map: { ...map, x: 'three.safetensors' } }),
      /lists three\.safetensors, but there is no such/,
    ],
    [
      'a tensor that is missing',
      parts({ weight_map: { ...map, x: 'one.safetensors' } }),
      /one\.safetensors lacks x, which/,
    ],
    [
      'a tensor not listed',
      parts({ weight_map: map }, all),
      /one\.safetensors holds \S+, but \S+ does not list it there\./,
    ],
  ])('%s is told', async (_, files, message) => {
    await expect(importing(files)).rejects.toThrow(message);
  });
});

describe('a tokenizer', () => {
  interface Tokens {
    vocab: Record<string, unknown>;
    merges?: unknown[];
    added_tokens?: object[];
    pre_tokenizer?: object;
  }
  const json = ({ vocab, merges = [], ...rest }: Tokens): string =>
    JSON.stringify({ ...rest, model: { type: 'BPE', vocab, merges } });
  const ids = (tokens: readonly string[]): Record<string, number> =>
    Object.fromEntries(tokens.map((token, id) => [token, id]));
  const merges = [['a', 'b']];

  it.each<[string, string]>([
    ['that joins characters', json({ vocab: ids(['a', 'b', 'ab']), merges })],
    ['of bytes', json({ vocab: ids(characters), pre_tokenizer: { type: 'ByteLevel' } })],
    ['with a token of several characters', json({ vocab: ids(['<unk>', ...characters.slice(1)]) })],
    ['with an added token', json({ vocab: ids(characters.slice(1)), added_tokens: [{ id: 10, content: '<pad>' }] })],
    ['of words', JSON.stringify({ model: { type: 'WordLevel', vocab: { the: 0, whale: 10 }, unk_token: '<unk>' } })],
    [
      'with scores',
      JSON.stringify({
        model: {
          type: 'Unigram',
          vocab: [
            ['a', -1],
            ['b', -2],
          ],
          unk_id: 0,
        },
      }),
    ],
  ])('%s gives no vocabulary, and goes along as it is', async (_, tokenizer) => {
    const imported = await importing(foreign({ tokenizer }));
    expect(imported.model).not.toHaveProperty('tokenizer');
    expect(textOf(written(imported).get('tokenizer.json'))).toBe(tokenizer);
  });

  it.each<[string, string, RegExp]>([
    [
      'an id beyond the model’s',
      json({ vocab: { a: 0, b: 1, ab: 11 }, merges }),
      /gives "ab" the id 11: .* are 0 to 10\./,
    ],
    [
      'an added id beyond',
      json({ vocab: ids(['a', 'b']), merges, added_tokens: [{ id: 99, content: '<pad>' }] }),
      /"<pad>" the id 99/,
    ],
    ['an id twice', json({ vocab: { a: 0, b: 1, ab: 1 }, merges }), /gives the id 1 twice, to "b" and "ab"\./],
    [
      'a token twice',
      json({ vocab: ids(['a', 'b']), merges, added_tokens: [{ id: 5, content: 'a' }] }),
      /has "a" twice\./,
    ],
    ['an empty token', json({ vocab: { a: 0, '': 1, b: 2 }, merges }), /has an empty token, of the id 1\./],
    ['an empty character', json({ vocab: ids(['', ...characters.slice(1)]) }), /The vocabulary's entry 0 is empty/],
    ['an id that is a text', json({ vocab: { a: 0, b: '1' }, merges }), /gives "b" the id "1"/],
    [
      'a hole among characters',
      json({ vocab: { ...ids(characters.slice(1)), a: 12 } }),
      /gives "a" the id 12: its 11 ids must be 0 to 10\./,
    ],
    ['a character twice', json({ vocab: ids(characters) }).replace('"b"', '"a"'), /has "a" twice/],
    [
      'an id of a character twice',
      json({ vocab: { ...ids(characters), b: 0 } }),
      /gives the id 0 twice, to "a" and "b"/,
    ],
    ['no tokens', '{"model": {"type": "BPE"}}', /is no tokenizer: model\.vocab: /],
    ['no JSON', '{', /is not JSON, or cut short/],
  ])('with %s is refused', async (_, tokenizer, message) => {
    const failure = importing(foreign({ tokenizer }));
    await expect(failure).rejects.toThrow(message);
    await expect(failure).rejects.toThrow(/^gpt2\/tokenizer\.json /);
  });
});
