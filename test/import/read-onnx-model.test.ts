import { describe, expect, it, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { exportProgram } from '../../src/export/export-program.ts';
import { readOnnxModel } from '../../src/import/read-onnx-model.ts';
import { decodeModel, encodeModel } from '../../src/onnx/codec.ts';
import { forwardProgram } from '../../src/programs/index.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { strongWeights, tinyFile, tinyModel, tinyStages } from '../support/tiny-ladder.ts';

const model = tinyModel('gpt-nano');
const vocabulary = Array.from('abcdefghijk');

/** The file with a metadata entry changed. */
function withMetadata(key: string, value: string | undefined): Uint8Array {
  const { metadataProps = [], ...proto } = decodeModel(tinyFile('forward', model));
  const others = metadataProps.filter((entry) => entry.key !== key);
  return encodeModel({ ...proto, metadataProps: value === undefined ? others : [...others, { key, value }] });
}

function refusal(bytes: Uint8Array): unknown {
  try {
    return readOnnxModel(bytes, 'a.onnx');
  } catch (error) {
    return error instanceof UserError ? error.message : error;
  }
}

describe('a model read from its own .onnx file', () => {
  test.each(tinyStages)('is what was exported: %s', (stage) => {
    const exported = tinyModel(stage);
    const weights = strongWeights(exported);
    const read = readOnnxModel(tinyFile('forward', exported, { weights }));
    expect(read.model).toEqual(exported);
    expect(read.tokenizer?.characters).toEqual(vocabulary);
    expect(new Map(read.weights)).toEqual(weights);
  });

  it.each(['decode', 'generate', 'evaluate'] as const)('comes out of the %s program too', (program) => {
    const weights = strongWeights(model);
    expect(new Map(readOnnxModel(tinyFile(program, model, { weights })).weights)).toEqual(weights);
  });

  it('has no vocabulary where none was exported', () => {
    const bytes = exportProgram(forwardProgram(model), { weights: strongWeights(model) });
    expect(readOnnxModel(bytes)).not.toHaveProperty('tokenizer');
  });

  it('makes a program that computes the same', () => {
    const again = readOnnxModel(tinyFile('forward', model));
    expect(
      exportProgram(forwardProgram(model), {
        weights: again.weights,
        tokenizer: CharacterTokenizer.fromVocabulary(vocabulary),
      }),
    ).toEqual(tinyFile('forward', model));
  });
});

describe('what can’t be read as a model', () => {
  it('is a file of another tool', () => {
    expect(refusal(withMetadata('trilu.config', undefined))).toMatch(/^a\.onnx is not by trilu/);
  });

  it('is a train program, whose weights are fed', () => {
    const bytes = tinyFile('train', model);
    expect(refusal(bytes)).toMatch(/^a\.onnx has no weights transformer\..* in it, so it is no whole model\.$/);
  });

  it.each(['fp16', 'int8', 'int4'] as const)('is a file in %s', (dtype) => {
    const bytes = exportProgram(forwardProgram(model), { weights: strongWeights(model), precision: { dtype } });
    expect(refusal(bytes)).toMatch(
      /^a\.onnx (holds .* as (float16|u?int[48]) .*another precision|has no weights .*)\.$/,
    );
  });

  it('has a configuration that is no JSON, or a vocabulary that is no list of characters', () => {
    expect(refusal(withMetadata('trilu.config', '{'))).toMatch(/^a\.onnx has damaged metadata/);
    expect(refusal(withMetadata('trilu.vocabulary', '{}'))).toMatch(/^a\.onnx has a damaged vocabulary/);
    expect(refusal(withMetadata('trilu.vocabulary', '["ab"]'))).toMatch(/^The vocabulary's entry 0/);
  });

  it('is cut short', () => {
    expect(refusal(tinyFile('forward', model).subarray(0, 100))).toMatch(/^a\.onnx /);
  });
});
