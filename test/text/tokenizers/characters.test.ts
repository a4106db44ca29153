import { describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { CharacterTokenizer } from '../../../src/text/tokenizers/characters.ts';

const texts: Readonly<Record<string, string>> = {
  'plain letters': 'hello world',
  'line ends of all kinds': 'one\r\ntwo\nthree\rfour\u2028five',
  'NUL and other controls': 'a\0b\u0001\u001b[0m\u007f',
  emoji: 'a😀b👩‍👩‍👧‍👦c🏳️‍🌈',
  'combining marks, unnormalized': 'e\u0301 é n\u0303 \u0301',
  'a byte order mark inside': 'a\ufeffb',
  'right to left and wide': 'שלום 漢字 ไทย',
  'the last code points of one and of two code units': '\uffff\u{10000}\u{10ffff}',
};

describe('round trips', () => {
  it.each(Object.entries(texts))('%s', (_, text) => {
    const tokenizer = CharacterTokenizer.fromText(text);
    const ids = tokenizer.encode(text);
    expect(ids).toBeInstanceOf(Int32Array);
    expect(ids.length).toBe([...text].length);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(CharacterTokenizer.fromVocabulary(tokenizer.characters).encode(text)).toEqual(ids);
    expect(CharacterTokenizer.fromVocabulary(JSON.parse(JSON.stringify(tokenizer.characters))).decode(ids)).toBe(text);
  });

  it('of every code point that UTF-8 can hold', () => {
    const all: string[] = [];
    for (let point = 0; point <= 0x10ffff; point += 1) {
      if (point < 0xd800 || point > 0xdfff) all.push(String.fromCodePoint(point));
    }
    const tokenizer = CharacterTokenizer.fromText([...all].reverse().join(''));
    expect(tokenizer.size).toBe(0x110000 - 0x800);
    expect(tokenizer.encode(all.join('')).every((id, index) => id === index)).toBe(true);
  });
});

describe('the vocabulary', () => {
  it('is in code point order, which is not the order of JavaScript’s sort', () => {
    expect(CharacterTokenizer.fromText('😀\uffee b\na').characters).toEqual(['\n', ' ', 'a', 'b', '\uffee', '😀']);
  });

  it('keeps the order that it is given, as ids', () => {
    const tokenizer = CharacterTokenizer.fromVocabulary(['z', '😀', 'a']);
    expect([tokenizer.size, ...tokenizer.encode('a😀z')]).toEqual([3, 2, 1, 0]);
  });

  it('cannot be changed from outside', () => {
    const given = ['a', 'b'];
    const tokenizer = CharacterTokenizer.fromVocabulary(given);
    given.push('c');
    expect(tokenizer.size).toBe(2);
    expect(Object.isFrozen(tokenizer.characters)).toBe(true);
  });

  it.each([
    [[], 'empty'],
    [['a', ''], 'entry 1 is empty'],
    [['a', 'bc'], 'entry 1 is "bc"'],
    [['e\u0301'], 'one code point'],
    [['a', 'b', 'a'], 'entry 2 is "a" (U+0061), which is entry 0 already'],
    [['\ud83d'], 'half a character, U+D83D'],
  ])('refuses %j', (vocabulary, message) => {
    expect(() => CharacterTokenizer.fromVocabulary(vocabulary)).toThrow(message);
    expect(() => CharacterTokenizer.fromVocabulary(vocabulary)).toThrow(UserError);
  });

  it('has no form for an empty text or half a character', () => {
    expect(() => CharacterTokenizer.fromText('')).toThrow(/^The text is empty/);
    expect(() => CharacterTokenizer.fromText('a😀\udc00b')).toThrow('half a character, U+DC00, at position 3');
  });

  it('knows what it has', () => {
    const tokenizer = CharacterTokenizer.fromText('a😀');
    expect(['a', '😀', 'b', '😁', '', 'aa', '\ud83d'].map((text) => tokenizer.has(text))).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

describe('unknown characters', () => {
  const tokenizer = CharacterTokenizer.fromText('abc');

  it('are each named once, printable and by code point, with how many characters are known', () => {
    expect(() => tokenizer.encode('aéb😀é', 'The prompt')).toThrow(
      'The prompt has 2 characters that the model does not know: "é" (U+00E9), "😀" (U+1F600); it knows 3 characters: leave them out, or train on a text that has them.',
    );
  });

  it('are named by escapes or code points alone where they do not print', () => {
    expect(() => tokenizer.encode('\n\0"\u0301\u200d\ue000 ')).toThrow(
      '"\\n" (U+000A), "\\0" (U+0000), "\\"" (U+0022), U+0301, U+200D, U+E000, " " (U+0020)',
    );
  });

  it('are named at most eight at a time', () => {
    expect(() => tokenizer.encode('0123456789')).toThrow(/10 characters .* "7" \(U\+0037\) and 2 more;/);
    expect(() => tokenizer.encode('01234567')).toThrow(/"7" \(U\+0037\); it knows/);
  });

  it('include halves of characters', () => {
    expect(() => tokenizer.encode('a\ud83d')).toThrow('a character that the model does not know: U+D83D');
    expect(() => CharacterTokenizer.fromText('😀').encode('\ude00')).toThrow('U+DE00');
  });
});

it('decode refuses ids outside the vocabulary', () => {
  const tokenizer = CharacterTokenizer.fromText('abc');
  for (const id of [3, -1, 0.5, Number.NaN]) expect(() => tokenizer.decode([0, id])).toThrow('ids run from 0 to 2');
  expect(tokenizer.decode([])).toBe('');
});

it('encodes 1.1 million characters about as fast as a loop that only walks over them', () => {
  const text = 'The quick brown fox jumps over the lazy dog.\n'.repeat(25_000);
  const tokenizer = CharacterTokenizer.fromText(text);
  const shortest = { encode: Number.POSITIVE_INFINITY, walk: Number.POSITIVE_INFINITY };
  const measure = (name: keyof typeof shortest, act: () => void): void => {
    const start = performance.now();
    act();
    shortest[name] = Math.min(shortest[name], performance.now() - start);
  };
  // In turns, so that a busy machine is busy for both.
  for (let turn = 0; turn < 10; turn += 1) {
    measure('encode', () => tokenizer.encode(text));
    measure('walk', () => Array.from(text));
  }
  expect(shortest.encode / shortest.walk).toBeLessThan(3);
});
