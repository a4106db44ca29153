import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import {
  type HuggingFaceOptions,
  huggingFaceAdditions,
  huggingFaceFiles,
} from '../../src/export/hugging-face-folder.ts';
import type { Precision } from '../../src/export/precision/precision.ts';
import { configFromJson } from '../../src/model-directory/config.ts';
import type { TrainedModel } from '../../src/model-directory/model-directory.ts';
import { decodeModel } from '../../src/onnx/codec.ts';
import { readModelSummary } from '../../src/onnx/metadata.ts';
import type { ModelProto } from '../../src/onnx/protos.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { pythonWithOnnx } from '../support/debian.ts';
import { numbersOf, runFile } from '../support/run-graph.ts';
import { strongWeights, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

const characters = Array.from('\n bcdefghij');

function modelOf(stage: string): TrainedModel {
  const model = tinyModel(stage);
  return {
    model,
    weights: strongWeights(model),
    tokenizer: CharacterTokenizer.fromVocabulary(characters),
  };
}

/** The files of a folder, by path. */
function filesOf(
  stage: string,
  options: HuggingFaceOptions = {},
  make = huggingFaceFiles,
): Map<string, string | Uint8Array> {
  return new Map(make(modelOf(stage), options));
}

function textOf(files: ReadonlyMap<string, string | Uint8Array>, path: string): string {
  const content = files.get(path);
  if (typeof content !== 'string') throw new Error(`${path} is no text`);
  return content;
}

function bytesOf(files: ReadonlyMap<string, string | Uint8Array>, path: string): Uint8Array<ArrayBuffer> {
  const content = files.get(path);
  if (content === undefined || typeof content === 'string') throw new Error(`${path} is no bytes`);
  return Uint8Array.from(content);
}

const described = [
  'config.json',
  'generation_config.json',
  'model.safetensors',
  'special_tokens_map.json',
  'tokenizer.json',
  'tokenizer_config.json',
];

describe('the folder', () => {
  test('has what Hugging Face’s tools look for, and both forms of the graph', () => {
    const graphs = ['onnx/model.onnx', 'onnx/model_cache.onnx'];
    expect([...filesOf('gpt').keys()].sort()).toEqual([...described, 'genai_config.json', ...graphs].sort());
  });

  test.each(['bigram', 'average'])('%s, which has no keys and values, has nothing for GenAI', (stage) => {
    expect(filesOf(stage).has('genai_config.json')).toBe(false);
  });

  test('the other form may be model.onnx', () => {
    const files = filesOf('gpt', { form: 'cache' });
    const inputs = (path: string): readonly unknown[] =>
      (decodeModel(bytesOf(files, path), path).graph.input ?? []).map(({ name }) => name);
    expect(inputs('onnx/model.onnx')).toContain('past_key_values.1.value');
    expect(inputs('onnx/model_window.onnx')).not.toContain('past_key_values.0.value');
    expect(JSON.parse(textOf(files, 'genai_config.json')).model.decoder.filename).toBe('onnx/model.onnx');
  });

  test('a model without a vocabulary of characters has no tokenizer of ours', () => {
    const { model, weights } = modelOf('gpt');
    const names = huggingFaceFiles({ model, weights }).map(([path]) => path);
    expect(names.filter((name) => name.includes('token'))).toEqual([]);
  });

  test('its config.json is read back as the configuration, whatever type it has for others', () => {
    for (const stage of tinyStages) {
      const json = JSON.parse(textOf(filesOf(stage), 'config.json'));
      expect(configFromJson(json, 'config.json')).toEqual(modelOf(stage).model);
      expect(json.model_type).toBe(stage.startsWith('gpt') ? 'gpt2' : 'jais');
    }
  });

  test.each([
    ['bigram', 0, 1, 1], // nothing is kept
    ['average', 1, 1, 16], // a tensor, in the keys' place
    ['head', 1, 1, 16],
    ['multi-head', 1, 2, 16],
    ['layer-norm', 2, 2, 16],
    ['gpt', 2, 2, 16],
  ])(
    'config.json tells what is kept of each token of %s: %i layers of %i heads, %i wide',
    (stage, layers, heads, wide) => {
      const sizes = { n_layer: layers, n_head: heads, n_embd: wide };
      expect(JSON.parse(textOf(filesOf(stage), 'config.json'))).toMatchObject(sizes);
    },
  );

  test('generation draws from all characters and, unless told, ends where the block does', () => {
    const wanted = { do_sample: true, temperature: 1, top_k: 0, top_p: 1, max_length: 8 };
    expect(JSON.parse(textOf(filesOf('gpt'), 'generation_config.json'))).toEqual(wanted);
  });

  test('each graph tells what it is', () => {
    for (const path of ['onnx/model.onnx', 'onnx/model_cache.onnx']) {
      const { metadata } = readModelSummary(bytesOf(filesOf('gpt'), path), path);
      expect(metadata['trilu.program']).toBe('text-generation');
      expect(JSON.parse(metadata['trilu.vocabulary'] ?? '')).toEqual(characters);
      const read = configFromJson(JSON.parse(metadata['trilu.config'] ?? ''), path);
      expect(read).toEqual(modelOf('gpt').model);
    }
  });
});

describe('what a model directory lacks', () => {
  const graphs = ['onnx/model.onnx', 'onnx/model_cache.onnx'];

  test('is onnx/ and genai_config.json for a GPT', () => {
    expect([...filesOf('gpt', {}, huggingFaceAdditions).keys()]).toEqual([...graphs, 'genai_config.json']);
  });

  test('is a config.json with a type that can be loaded, too, for the stages before', () => {
    const files = filesOf('head', {}, huggingFaceAdditions);
    expect([...files.keys()]).toEqual(['config.json', ...graphs, 'genai_config.json']);
    expect(textOf(files, 'config.json')).toBe(textOf(filesOf('head'), 'config.json'));
  });
});

describe.each(tinyStages.filter((stage) => !/^(bigram|average)/.test(stage)))('genai_config.json of %s', (stage) => {
  const files = filesOf(stage);
  const { model, search } = JSON.parse(textOf(files, 'genai_config.json'));
  const graph: ModelProto['graph'] = decodeModel(bytesOf(files, model.decoder.filename), 'the graph').graph;
  const inputs = new Map((graph.input ?? []).map((value) => [value.name, value]));
  const outputs = new Map((graph.output ?? []).map((value) => [value.name, value]));
  const sizes = (value: (typeof graph.input & {})[number] | undefined): unknown[] =>
    value?.type?.tensorType?.shape?.dim?.map(({ dimValue, dimParam }) => dimValue ?? dimParam) ?? [];
  const layers: readonly number[] = Array.from({ length: model.decoder.num_hidden_layers }, (_, layer) => layer);
  const expanded = (templates: Record<string, string>): string[] =>
    Object.values(templates).flatMap((template) =>
      template.includes('%d') ? layers.map((layer) => template.replace('%d', `${layer}`)) : [template],
    );

  test('names every input and output of the graph, and no other', () => {
    expect(expanded(model.decoder.inputs).sort()).toEqual([...inputs.keys()].sort());
    expect(expanded(model.decoder.outputs).sort()).toEqual([...outputs.keys()].sort());
  });

  test('has the sizes of the graph: its caches are made of them before the first run', () => {
    const { num_key_value_heads: heads, head_size } = model.decoder;
    expect(sizes(inputs.get('past_key_values.0.key'))).toEqual([
      'batch_size',
      heads,
      'past_sequence_length',
      head_size,
    ]);
    expect(sizes(outputs.get('logits'))).toEqual(['batch_size', 'sequence_length', model.vocab_size]);
    expect(heads * head_size).toBe(model.decoder.hidden_size);
  });

  test('ends with no character: the end and the padding are the id behind the vocabulary', () => {
    const { bos_token_id, eos_token_id, pad_token_id, vocab_size } = model;
    expect([bos_token_id, eos_token_id, pad_token_id]).toEqual([11, 11, 11]);
    expect(vocab_size).toBe(12);
    expect(search.max_length).toBe(model.context_length);
    expect(model.context_length).toBe(8);
  });
});

test('special tokens of a model that has some are told to both', () => {
  const files = filesOf('gpt', { specialTokens: { bos_token_id: 3, eos_token_id: [3, 4], pad_token_id: null } });
  const wanted = { bos_token_id: 3, eos_token_id: [3, 4] };
  expect(JSON.parse(textOf(files, 'config.json'))).toMatchObject(wanted);
  expect(JSON.parse(textOf(files, 'genai_config.json')).model).toMatchObject({ ...wanted, pad_token_id: 11 });
});

describe('precisions', () => {
  const prompt = {
    input_ids: tensor('int64', [1, 4], BigInt64Array.of(1n, 2n, 3n, 4n)),
    attention_mask: tensor('int64', [1, 4], BigInt64Array.of(1n, 1n, 1n, 1n)),
    'past_key_values.0.key': tensor('int64', [1, 1, 0, 1], new BigInt64Array()),
  };
  const scores = async (options: HuggingFaceOptions, path: string): Promise<number[]> =>
    numbersOf((await runFile(bytesOf(filesOf('gpt', options), path), prompt)).logits);

  test.each<[Precision, dtype: string, suffix: string, tolerance: number]>([
    ['fp16', 'fp16', '_fp16', 0.02],
    ['int8', 'q8', '_quantized', 0.1],
    ['int4', 'q4', '_q4', 1.5],
  ])(
    '%s is what transformers.js calls %s: onnx/model%s.onnx, and config.json leads to it',
    async (dtype, name, suffix, tolerance) => {
      const options: HuggingFaceOptions = { precision: { dtype } };
      const files = filesOf('gpt', options, huggingFaceAdditions);
      const graphs = [`onnx/model${suffix}.onnx`, `onnx/model_cache${suffix}.onnx`];
      expect([...files.keys()]).toEqual(['config.json', ...graphs, 'genai_config.json']);
      expect(JSON.parse(textOf(files, 'config.json'))['transformers.js_config']).toEqual({ dtype: name });
      expect(JSON.parse(textOf(files, 'genai_config.json')).model.decoder.filename).toBe(graphs[1]);
      const [own, exact] = [await scores(options, graphs[0] ?? ''), await scores({}, 'onnx/model.onnx')];
      const largest = exact.reduce((most, score) => Math.max(most, Math.abs(score)), 1);
      const differences = own.map((score, index) => Math.abs(score - (exact[index] ?? Number.NaN)));
      expect(Math.max(...differences)).toBeGreaterThan(0);
      expect(Math.max(...differences)).toBeLessThan(tolerance * largest);
    },
  );

  test('an opset below what a precision needs is refused', () => {
    expect(() => filesOf('gpt', { opset: 17, precision: { dtype: 'int4' } })).toThrow(UserError);
    expect(() => filesOf('gpt', { opset: 16 })).toThrow(UserError);
  });
});

const python = pythonWithOnnx();
const folder = mkdtempSync(join(tmpdir(), 'trilu-hugging-face-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(python === undefined)("Debian's onnx 1.12 finds nothing wrong with any of the graphs, at opset 17", () => {
  const paths = tinyStages.flatMap((stage, index) => {
    const files = filesOf(stage, { opset: 17 });
    return ['model', 'model_cache'].map((name) => {
      const path = join(folder, `${index}-${name}.onnx`);
      writeFileSync(path, bytesOf(files, `onnx/${name}.onnx`));
      return path;
    });
  });
  const script =
    'import onnx, sys\nfor path in sys.argv[1:]: onnx.checker.check_model(path, full_check=True)\nprint("fine")';
  expect(execFileSync(python ?? '', ['-c', script, ...paths], { encoding: 'utf8' })).toBe('fine\n');
});
