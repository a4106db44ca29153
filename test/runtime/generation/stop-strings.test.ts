import { expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import { hash } from '../../../src/random/counter.ts';
import { StopStrings, type TextPart } from '../../../src/runtime/generation/stop-strings.ts';

/** What is let out after each part, and what comes at the end. */
function released(strings: readonly string[], parts: readonly string[]): string[] {
  const stop = new StopStrings(strings);
  const after = parts.map((text) => {
    const { parts, rest } = stop.add({ text });
    return joined(parts) + rest;
  });
  return [...after, joined(stop.end())];
}

function joined(parts: readonly TextPart[]): string {
  return parts.map(({ text }) => text).join('');
}

/** The definition: characters come one by one, and as soon as the text ends with a stop string, it is cut before it. */
function cut(strings: readonly string[], text: string): string {
  for (let end = 1; end <= text.length; end += 1) {
    const starts = strings.filter((string) => text.slice(0, end).endsWith(string)).map((string) => end - string.length);
    if (starts.length > 0) return text.slice(0, Math.min(...starts));
  }
  return text;
}

test.each<[string, string[], string[], string[]]>([
  ['nothing to stop at', [], ['ab', 'c'], ['ab', 'c', '']],
  ['one in one part', ['b'], ['a', 'b', 'c'], ['a', '', '', '']],
  ['one in the midst of a part', ['cd'], ['abcdef', 'g'], ['ab', '', '']],
  ['one that straddles parts', ['cd'], ['ab', 'c', 'd', 'e'], ['ab', '', '', '', '']],
  ['one that begins and ends within parts', ['bcde'], ['ab', 'cd', 'ef'], ['', '', 'a', '']],
  ['what only begins like one', ['cde'], ['ab', 'c', 'd', 'x', 'y'], ['ab', '', '', 'cdx', 'y', '']],
  ['what begins like one at the end', ['cde'], ['ab', 'cd'], ['ab', '', 'cd']],
  ['one that begins within a false beginning', ['aab'], ['a', 'a', 'a', 'b'], ['', '', 'a', '', '']],
  ['the one that ends first of two', ['abcd', 'bc'], ['a', 'b', 'c', 'd'], ['', '', 'a', '', '']],
  ['the one that ends first of two in one part', ['abcd', 'bc'], ['abcd'], ['a', '']],
  ['the longer of two that end together', ['bc', 'abc'], ['xab', 'c'], ['', 'x', '']],
  ['one of many', ['!', '\n\n', 'END'], ['a\n', 'b\n', '\nE'], ['', 'a\n', 'b', '']],
  ['parts without text', ['ab'], ['', 'a', '', 'b', ''], ['', '', '', '', '', '']],
  ['characters of two code units', ['🐋'], ['a', '🐳', '🐋'], ['a', '🐳', '', '']],
])('%s', (_, strings, parts, expected) => {
  expect(released(strings, parts)).toEqual(expected);
});

test('however the text is cut into parts, the same is let out, and never a part of a stop string', () => {
  const letters = 'aab';
  for (let seed = 0; seed < 3000; seed += 1) {
    const random = (counter: number, below: number): number => (hash(seed, counter) >>> 0) % below;
    const word = (counter: number, length: number): string =>
      Array.from({ length }, (_, index) => letters[random(counter + index, 3)]).join('');
    const strings = Array.from({ length: 1 + random(0, 3) }, (_, index) =>
      word(100 * index + 100, 1 + random(index + 1, 4)),
    );
    const parts = Array.from({ length: 8 }, (_, index) => word(1000 + 100 * index, random(index + 10, 4)));
    const expected = cut(strings, parts.join(''));
    let soFar = '';
    for (const piece of released(strings, parts)) {
      soFar += piece;
      expect(expected.startsWith(soFar), `${soFar} of ${expected}, stopping at ${strings}`).toBe(true);
    }
    expect(soFar).toBe(expected);
  }
});

test('a part that is cut is not handed out as a part', () => {
  const stop = new StopStrings<TextPart & { id: number }>(['cd']);
  expect(stop.add({ text: 'ab', id: 1 })).toEqual({ parts: [{ text: 'ab', id: 1 }], rest: '' });
  expect(stop.add({ text: 'xc', id: 2 })).toEqual({ parts: [], rest: '' });
  expect(stop.stopped).toBe(false);
  expect(stop.add({ text: 'dy', id: 3 })).toEqual({ parts: [], rest: 'x' });
  expect(stop.stopped).toBe(true);
  expect(stop.end()).toEqual([]);
});

test('an empty stop string is refused', () => {
  expect(() => new StopStrings(['a', ''])).toThrow(UserError);
  expect(() => new StopStrings(['a', ''])).toThrow('A stop string is empty');
});
