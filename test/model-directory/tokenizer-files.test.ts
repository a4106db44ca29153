import { describe, expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { tokenizerConfigJson, tokenizerJson } from '../../src/model-directory/tokenizer-files.ts';
import { parseJson } from '../../src/text/json-keys.ts';
import type { TokenizerJson } from '../../src/text/tokenizer.ts';
import { CharacterTokenizer, characterTokenizers } from '../../src/text/tokenizers/characters.ts';
import { readTokenizer } from '../../src/text/tokenizers/index.ts';

const vocabulary = ['\0', '\n', ' ', '!', '"', '$', '&', '0', '9', '\\', 'a', '\u0301', 'é', '\u2028', '\ufeff', '😀'];
const tokenizer = CharacterTokenizer.fromVocabulary(vocabulary);

describe('tokenizer.json', () => {
  test('gives every character its place as id, digits included', () => {
    const { model } = JSON.parse(tokenizerJson(tokenizer));
    expect(Object.keys(model.vocab)).toHaveLength(vocabulary.length);
    expect(vocabulary.map((character) => model.vocab[character])).toEqual(vocabulary.map((_, id) => id));
  });

  test('lists the characters in id order', () => {
    const text = tokenizerJson(tokenizer);
    const places = vocabulary.map((character) => text.indexOf(`${JSON.stringify(character)}: `));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places).not.toContain(-1);
  });

  test('says that nothing is merged, normalized, split or added, and that characters are joined as they are', () => {
    expect(JSON.parse(tokenizerJson(CharacterTokenizer.fromVocabulary(['a'])))).toMatchObject({
      version: '1.0',
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      post_processor: null,
      decoder: { type: 'Fuse' },
      model: { type: 'BPE', vocab: { a: 0 }, merges: [], unk_token: 'unknown character' },
    });
  });

  test('gives the vocabulary back', () => {
    expect(readTokenizer(JSON.parse(tokenizerJson(tokenizer))).characters).toEqual(vocabulary);
  });

  test.each([
    ['an empty vocabulary', []],
    ['two characters in one entry', ['ab']],
    ['an entry twice', ['a', 'b', 'a']],
    ['half a character', ['\ud83d']],
    ['an empty entry', ['']],
  ])('is not written for %s', (_, wrong) => {
    expect(() => tokenizerJson(CharacterTokenizer.fromVocabulary(wrong))).toThrow(UserError);
  });
});

describe('tokenizer_config.json', () => {
  test('turns off what would change the text, and sets no maximum length', () => {
    const config = JSON.parse(tokenizerConfigJson(CharacterTokenizer.fromVocabulary(['\n'])));
    expect(config).toEqual({
      tokenizer_class: 'PreTrainedTokenizerFast',
      clean_up_tokenization_spaces: false,
      add_bos_token: false,
      add_eos_token: false,
      bos_token: null,
      eos_token: null,
      unk_token: null,
      pad_token: '\n',
      padding_side: 'left',
    });
  });

  test('pads with a character of the vocabulary: another token would make it larger than the model', () => {
    expect(JSON.parse(tokenizerConfigJson(CharacterTokenizer.fromVocabulary(['\t', '\n', 'a']))).pad_token).toBe('\n');
    expect(JSON.parse(tokenizerConfigJson(CharacterTokenizer.fromVocabulary(['x', 'y']))).pad_token).toBe('x');
  });
});

describe('reading tokenizer.json', () => {
  const read = (text: string): readonly string[] => {
    const json = parseJson(text, 'tokenizer.json') as TokenizerJson;
    return characterTokenizers.fromJSON(json, 'tokenizer.json').characters;
  };
  const file = (vocab: string, more = '"merges":[]'): string => `{"model":{"type":"BPE","vocab":${vocab},${more}}}`;

  test('orders by id, not by place', () => {
    expect(read(file('{"b":1,"1":2,"a":0}'))).toEqual(['a', 'b', '1']);
  });

  test.each([
    ['a gap', file('{"a":0,"b":2}'), 'tokenizer.json gives "b" the id 2: its 2 ids must be 0 to 1.'],
    ['an id twice', file('{"a":0,"b":1,"c":1}'), 'tokenizer.json gives the id 1 twice, to "b" and "c".'],
    ['a character twice', file('{"a":0,"b":1,"a":2}'), 'tokenizer.json has "a" twice.'],
    ['a negative id', file('{"a":-1}'), 'tokenizer.json gives "a" the id -1: its 1 ids must be 0 to 0.'],
    ['an id that is text', file('{"a":"0"}'), 'tokenizer.json gives "a" the id "0": its 1 ids must be 0 to 0.'],
    ['half an id', file('{"a":0,"b":0.5}'), 'tokenizer.json gives "b" the id 0.5'],
    ['no character', file('{}'), 'tokenizer.json is not the tokenizer of a character model. The vocabulary is empty'],
    ['words', file('{"the":0}'), 'tokenizer.json is not the tokenizer of a character model.'],
    ['a list', file('["a"]'), 'tokenizer.json is not the tokenizer of a character model: model.vocab: not an object.'],
    [
      'merges',
      file('{"a":0,"b":1,"ab":2}', '"merges":["a b"]'),
      'not the tokenizer of a character model: model.merges: it merges',
    ],
    [
      'another model',
      '{"model":{"type":"WordPiece","vocab":{"a":0}}}',
      'tokenizer.json is not the tokenizer of a character model: model.type',
    ],
    ['no model', '{}', 'tokenizer.json is not the tokenizer of a character model: model'],
    ['null', 'null', 'tokenizer.json is not the tokenizer of a character model'],
    [
      'a cut file',
      tokenizerJson(CharacterTokenizer.fromVocabulary(['a'])).slice(0, -5),
      'tokenizer.json is not JSON, or cut short.',
    ],
  ])('refuses %s', (_, text, message) => {
    expect(() => read(text)).toThrow(UserError);
    expect(() => read(text)).toThrow(message);
  });

  test('of any beginning of a file is a UserError', () => {
    const text = tokenizerJson(tokenizer).trimEnd();
    for (let length = 0; length < text.length; length++) {
      expect(() => read(text.slice(0, length))).toThrow(UserError);
    }
  });
});
