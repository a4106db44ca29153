import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import {
  lineStart,
  requireSize,
  type Tokenizer,
  tokenizerBuilder,
  tokenizerFromText,
  unitOf,
} from '../../../src/text/tokenizer.ts';
import { tokenizerFromMetadata, tokenizerMetadata } from '../../../src/text/tokenizer-metadata.ts';
import { CharacterTokenizer, characterTokenizers } from '../../../src/text/tokenizers/characters.ts';
import { defineTokenizer, findTokenizer, readTokenizer, requireTokenizer } from '../../../src/text/tokenizers/index.ts';
import { byteTokenizer, byteTokenizers } from '../../support/byte-tokenizer.ts';

const abc = CharacterTokenizer.fromText('abc');
const bytes = byteTokenizers;
const ofBytes = byteTokenizer;

describe('the kinds of tokenizers', () => {
  it('are each found by the written forms of theirs', () => {
    for (const tokenizer of [abc, ofBytes]) {
      const back = readTokenizer(JSON.parse(JSON.stringify(tokenizer)), 'a.json');
      expect(back).toEqual(tokenizer);
      expect(back.constructor).toBe(tokenizer.constructor);
    }
  });

  it('have names of their own', () => {
    for (const name of ['bytes', 'characters']) {
      expect(() => defineTokenizer({ ...bytes, name })).toThrow(UserError);
      expect(() => defineTokenizer({ ...bytes, name })).toThrow(
        `There is a kind of tokenizer called ${name} already: give this one another name.`,
      );
    }
  });

  it.each([
    ['another kind', { model: { type: 'Unigram', vocab: [['a', 0]] } }],
    ['words', { model: { type: 'BPE', vocab: { the: 0 }, merges: [] } }],
    ['merged characters', { model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] } }],
    ['changed text', { normalizer: { type: 'NFC' }, model: { type: 'BPE', vocab: { a: 0 }, merges: [] } }],
    ['an empty object', {}],
    ['a list', []],
    ['nothing', null],
    ['what is undefined', undefined],
  ])('read no %s, and are named then', (_, json) => {
    expect(findTokenizer(json, 'a.json')).toBeUndefined();
    expect(() => readTokenizer(json, 'a.json')).toThrow(UserError);
    expect(() => readTokenizer(json, 'a.json')).toThrow(
      'a.json is a tokenizer of no kind that is known here (characters, bytes): add its kind with defineTokenizer first.',
    );
  });

  it('are named where a model has no tokenizer of theirs', () => {
    expect(requireTokenizer(abc, 'runs/a')).toBe(abc);
    expect(() => requireTokenizer(undefined, 'runs/a')).toThrow(
      "runs/a has no tokenizer of a kind that is known here (characters, bytes), so it can't read or write text: give it token ids (--token-ids), or add its kind with defineTokenizer (--model names a module that does).",
    );
  });
});

describe('a tokenizer made from a text', () => {
  it('is that of the parts of the text', () => {
    for (const kind of [characterTokenizers, bytes]) {
      const builder = tokenizerBuilder(kind);
      for (const part of ['cab', 'é🐋']) builder.add(part);
      expect(builder.finish()).toEqual(tokenizerFromText(kind, 'cabé🐋'));
    }
  });

  it('is built by a kind that takes texts in parts only', () => {
    const { fromText: _, ...others } = characterTokenizers;
    const parts: string[] = [];
    const kind = {
      ...others,
      builder: () => ({
        add: (part: string) => parts.push(part),
        finish: () => CharacterTokenizer.fromText(parts.join('')),
      }),
    };
    expect(tokenizerFromText(kind, 'cab')).toEqual(abc);
    expect(parts).toEqual(['cab']);
  });

  it('is refused of a kind that is made otherwise', () => {
    const { fromText: _, ...ready } = bytes;
    const message =
      "A tokenizer of the kind bytes can't be made from a text (it has no fromText): give one that is made.";
    expect(() => tokenizerFromText(ready, 'a')).toThrow(message);
    expect(() => tokenizerBuilder(ready).finish()).toThrow(message);
  });
});

describe('a tokenizer and a model', () => {
  it('have the same size, or are refused', () => {
    requireSize(abc, 3);
    expect(() => requireSize(ofBytes, 89)).toThrow(UserError);
    expect(() => requireSize(ofBytes, 89)).toThrow(
      "The tokenizer (bytes) has 256 ids, but the model's vocabulary size is 89: make the model for this tokenizer's size, or take the tokenizer that the model was made for.",
    );
  });
});

describe('what is told of a tokenizer', () => {
  it('is how its tokens are called', () => {
    expect([abc, ofBytes].map(unitOf)).toEqual(['character', 'token']);
  });

  it('is what a line begins after: a line feed, or the first token', () => {
    expect(lineStart(ofBytes)).toBe('\n');
    expect(lineStart(CharacterTokenizer.fromText('b\na'))).toBe('\n');
    expect(lineStart(abc)).toBe('a');
    const broken: Tokenizer = {
      ...ofBytes,
      encode: () => {
        throw new TypeError('broken');
      },
    };
    expect(() => lineStart(broken)).toThrow('broken');
  });
});

describe('the metadata of a model', () => {
  it('say its characters, or the written form of its tokenizer, and give it back', () => {
    expect(tokenizerMetadata(undefined)).toEqual({});
    expect(tokenizerMetadata(abc)).toEqual({ 'trilu.vocabulary': '["a","b","c"]' });
    expect(tokenizerMetadata(ofBytes)).toEqual({ 'trilu.tokenizer': '{"model":{"type":"Bytes"}}' });
    for (const tokenizer of [undefined, abc, ofBytes]) {
      expect(tokenizerFromMetadata(tokenizerMetadata(tokenizer), 'a.onnx')).toEqual(tokenizer);
    }
  });

  it('say none where no kind reads it', () => {
    expect(tokenizerFromMetadata({ 'trilu.tokenizer': '{"model":{"type":"Words"}}' }, 'a.onnx')).toBeUndefined();
  });

  it.each([
    [{ 'trilu.vocabulary': '[1]' }, 'a.onnx has a damaged vocabulary (trilu.vocabulary): it is no list of characters.'],
    [{ 'trilu.vocabulary': '["a"' }, 'a.onnx has damaged metadata: they are no JSON.'],
    [{ 'trilu.tokenizer': '{' }, 'a.onnx has damaged metadata: they are no JSON.'],
    [
      { 'trilu.tokenizer': '{"model":{"type":"BPE","vocab":{"a":1},"merges":[]}}' },
      'The tokenizer of a.onnx gives "a" the id 1: its 1 ids must be 0 to 0.',
    ],
  ])('are refused when damaged: %j', (metadata, message) => {
    expect(() => tokenizerFromMetadata(metadata, 'a.onnx')).toThrow(UserError);
    expect(() => tokenizerFromMetadata(metadata, 'a.onnx')).toThrow(message);
  });
});
