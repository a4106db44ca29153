import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { decodeUtf8, findInvalidUtf8 } from '../../src/text/utf8.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('decodeUtf8', () => {
  it.each(['plain', 'one\r\ntwo\rthree\n', 'é 😀 \0 e\u0301', 'a\ufeffb', '\u{10ffff}\ud7ff\ue000'])(
    'keeps %j as it is',
    (text) => {
      expect(decodeUtf8(encode(text), 'a.txt')).toBe(text);
    },
  );

  it('leaves out the byte order mark at the start, once', () => {
    expect(decodeUtf8(encode('\ufefftext'), 'a.txt')).toBe('text');
    expect(decodeUtf8(encode('\ufeff\ufefftext'), 'a.txt')).toBe('\ufefftext');
  });

  it.each([[[]], [[0xef, 0xbb, 0xbf]]])('refuses a file without text: %j', (bytes) => {
    expect(() => decodeUtf8(Uint8Array.from(bytes), 'a.txt')).toThrow('a.txt is empty');
  });

  it('names the place of what is not UTF-8, by byte and by line', () => {
    const bytes = Uint8Array.from([...encode('é\ntwo\nthr'), 0xe9, ...encode('e')]);
    const read = (): string => decodeUtf8(bytes, 'latin1.txt');
    expect(read).toThrow('latin1.txt is not valid UTF-8: the byte 0xE9 at offset 10 (line 3)');
    expect(read).toThrow(UserError);
  });

  it('recognizes UTF-16', () => {
    expect(() => decodeUtf8(Uint8Array.from([0xff, 0xfe, 0x61, 0]), 'a.txt')).toThrow('looks like UTF-16');
    expect(() => decodeUtf8(Uint8Array.from([0xfe, 0xff, 0, 0x61]), 'a.txt')).toThrow('looks like UTF-16');
  });
});

describe('findInvalidUtf8', () => {
  it.each<[string, number[], number | undefined]>([
    ['nothing', [], undefined],
    ['a lone continuation byte', [0x61, 0x80], 1],
    ['an overlong form of two', [0xc0, 0x80], 0],
    ['an overlong form of three', [0xe0, 0x9f, 0xbf], 0],
    ['a surrogate', [0x61, 0x62, 0xed, 0xa0, 0x80], 2],
    ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80], 0],
    ['a character cut short at the end', [0x61, 0xf0, 0x9f, 0x98], 1],
    ['a character cut short in the middle', [0xe2, 0x82, 0x61], 0],
    ['a byte that never occurs', [0xff], 0],
  ])('%s', (_, bytes, offset) => {
    expect(findInvalidUtf8(Uint8Array.from(bytes))).toBe(offset);
  });

  it('agrees with the platform’s decoder on every sequence of three edge bytes', () => {
    const edges = [
      0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef,
    ];
    edges.push(0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff);
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const isValid = (bytes: Uint8Array): boolean => {
      try {
        decoder.decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    for (const first of edges) {
      for (const second of edges) {
        for (const third of edges) {
          for (const tail of [[], [0x80], [0xbf, 0x41]]) {
            const bytes = Uint8Array.of(first, second, third, ...tail);
            if ((findInvalidUtf8(bytes) === undefined) !== isValid(bytes)) expect.fail(`differs for ${[...bytes]}`);
          }
        }
      }
    }
  });
});
