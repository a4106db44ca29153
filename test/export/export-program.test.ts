import { describe, expect, test } from 'vitest';
import { exportProgram } from '../../src/export/export-program.ts';
import { huggingFaceFiles } from '../../src/export/hugging-face-folder.ts';
import { configFromJson } from '../../src/model-directory/config.ts';
import { readModelSummary } from '../../src/onnx/metadata.ts';
import { decodeProgram, forwardProgram } from '../../src/programs/index.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { strongWeights, tinyModel } from '../support/tiny-ladder.ts';

const model = tinyModel('head');
const weights = strongWeights(model);

describe('an exported program', () => {
  test('carries its name, configuration, vocabulary and state', () => {
    const vocabulary = ['\n', ' ', '"', '\\', 'é', '🙂', '\u0000', '\u2028', 'a', 'b', 'c'];
    const { metadata, opsets } = readModelSummary(
      exportProgram(decodeProgram(model), { weights, tokenizer: CharacterTokenizer.fromVocabulary(vocabulary) }),
      'decode.onnx',
    );
    expect(Object.keys(metadata)).toEqual(['trilu.program', 'trilu.config', 'trilu.vocabulary', 'trilu.state']);
    expect(metadata['trilu.program']).toBe('decode');
    expect(configFromJson(JSON.parse(metadata['trilu.config'] ?? ''), 'metadata')).toEqual(model);
    expect(JSON.parse(metadata['trilu.vocabulary'] ?? '')).toEqual(vocabulary);
    expect(JSON.parse(metadata['trilu.state'] ?? '')).toEqual([
      { input: 'cache.0.0.key', output: 'next.cache.0.0.key' },
      { input: 'cache.0.0.value', output: 'next.cache.0.0.value' },
    ]);
    expect(opsets).toEqual({ '': 18 });
  });

  test('is refused with a tokenizer of another size than the model’s vocabulary', () => {
    const tokenizer = CharacterTokenizer.fromText('abc');
    const message = "The tokenizer (characters) has 3 ids, but the model's vocabulary size is 11: make the model for";
    expect(() => exportProgram(decodeProgram(model), { weights, tokenizer })).toThrow(message);
    expect(() => huggingFaceFiles({ model, weights, tokenizer })).toThrow(message);
  });

  test('has no vocabulary where none is known', () => {
    const { metadata } = readModelSummary(exportProgram(forwardProgram(model), { weights }), 'forward.onnx');
    expect(metadata).not.toHaveProperty(['trilu.vocabulary']);
    expect(metadata['trilu.state']).toBe('[]');
  });

  test('is the same bytes each time', () => {
    const [first, second] = [0, 1].map(() => exportProgram(forwardProgram(tinyModel('head')), { weights }));
    expect(first).toEqual(second);
  });
});
