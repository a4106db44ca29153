import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.ts';
import {
  type GenerateTextOptions,
  type GenerateTextsOptions,
  generateScoredText,
  generateText,
  generateTexts,
} from '../../../src/runtime/generation/generate-text.ts';
import { generate } from '../../../src/runtime/generation/generate-tokens.ts';
import { open } from '../../../src/runtime/node/open.ts';
import type { Session } from '../../../src/runtime/session.ts';
import type { Tokenizer } from '../../../src/text/tokenizer.ts';
import { CharacterTokenizer } from '../../../src/text/tokenizers/characters.ts';
import { fakeSession } from '../../support/fake-session.ts';
import { tinyForward, tinyVocabulary } from '../../support/tiny-models.ts';

let forward: Session;
beforeAll(async () => {
  forward = await open(tinyForward(), { worker: false });
});
afterAll(() => forward.dispose());

const tokenizer = CharacterTokenizer.fromVocabulary(Array.from('abcdefghij🐋'));
const base = { tokenizer, prompt: 'cab', count: 60, blockSize: 8, sampling: { seed: 4 } };

async function pieces(options: Omit<GenerateTextOptions, 'forward'>): Promise<string[]> {
  const all: string[] = [];
  for await (const piece of generateText({ ...options, forward })) all.push(piece);
  return all;
}

async function textOf(options: Omit<GenerateTextOptions, 'forward'>): Promise<string> {
  return (await pieces(options)).join('');
}

/** What the tokens say, without any text about them. */
async function plain(prompt: string, count: number, seed: number): Promise<string> {
  const tokens: number[] = [];
  const options = { forward, tokens: [...tokenizer.encode(prompt)], count, blockSize: 8, sampling: { seed } };
  for await (const token of generate(options)) tokens.push(token);
  return tokenizer.decode(tokens);
}

describe('a continuation in characters', () => {
  test('is that in tokens, a piece for each of them, without the prompt', async () => {
    const written = await pieces(base);
    expect(written.join('')).toBe(await plain('cab', 60, 4));
    expect(written.map((piece) => [...piece].length)).toEqual(written.map(() => 1));
    expect(written).toHaveLength(60);
  });

  test('ends before the first stop string, wherever it is, and lets out nothing of it', async () => {
    const whole = await plain('cab', 60, 4);
    for (const [start, length] of [
      [0, 1],
      [0, 3],
      [7, 2],
      [20, 5],
      [52, 8],
    ] as const) {
      const stop = [...whole].slice(start, start + length).join('');
      expect(await textOf({ ...base, stop: [stop] })).toBe(whole.slice(0, whole.indexOf(stop)));
      expect(await textOf({ ...base, stop: ['never seen', stop] })).toBe(whole.slice(0, whole.indexOf(stop)));
    }
  });

  test('goes to its end where no stop string comes, with what was held back', async () => {
    const whole = await plain('cab', 60, 4);
    expect(await textOf({ ...base, stop: [`${[...whole].at(-1)}never`, 'xyz'] })).toBe(whole);
  });

  test('does not see a stop string in the prompt, or one that begins there', async () => {
    const whole = await plain('cab', 60, 4);
    const [first = ''] = whole;
    expect(await textOf({ ...base, stop: ['cab', `b${first}`].filter((stop) => !whole.includes(stop)) })).toBe(whole);
  });

  test('computes nothing after a stop string', async () => {
    let runs = 0;
    const session = fakeSession({
      program: forward.program,
      run(feeds) {
        runs += 1;
        return forward.run(feeds);
      },
    });
    const whole = await plain('cab', 60, 4);
    let written = '';
    for await (const piece of generateText({ ...base, forward: session, stop: [whole.slice(4, 8)] })) written += piece;
    expect(whole.startsWith(written)).toBe(true);
    expect(runs).toBe(whole.indexOf(whole.slice(4, 8)) + [...whole.slice(4, 8)].length);
  });

  test('comes piece by piece, each before the next token is computed', async () => {
    let runs = 0;
    const session = fakeSession({
      program: forward.program,
      run(feeds) {
        runs += 1;
        return forward.run(feeds);
      },
    });
    const seen: number[] = [];
    for await (const _ of generateText({ ...base, count: 5, forward: session })) seen.push(runs);
    expect(seen).toEqual([1, 2, 3, 4, 5]);
  });

  test('is broken off by a signal between two pieces', async () => {
    const controller = new AbortController();
    const written: string[] = [];
    const run = async () => {
      for await (const piece of generateText({ ...base, forward, signal: controller.signal })) {
        written.push(piece);
        if (written.length === 3) controller.abort(new Error('enough'));
      }
    };
    await expect(run()).rejects.toThrow('enough');
    expect(written).toHaveLength(3);
  });

  test.each<[string, Partial<GenerateTextOptions>, string]>([
    ['an unknown character', { prompt: 'cabin' }, 'The prompt has a character that the model does not know: "n"'],
    ['an empty prompt', { prompt: '' }, 'The prompt is empty'],
    ['an empty stop string', { stop: [''] }, 'A stop string is empty'],
  ])('is refused for %s', async (_, options, message) => {
    const run = textOf({ ...base, ...options });
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toBeInstanceOf(UserError);
  });
});

describe('with tokens of several characters', () => {
  const words = ['the ', 'sea', ' ', 'a', 'she', ' sells', 'lls', 's', '. ', 'sh', 'e s'];
  const ofWords: Tokenizer = {
    kind: 'words',
    size: words.length,
    encode: (text) => Int32Array.of(words.indexOf(text)),
    decoder: () => ({ push: (token) => words[token] ?? '', end: () => '' }),
    toJSON: () => ({ words }),
    decode: (tokens) => Array.from(tokens, (token) => words[token] ?? '').join(''),
  };
  const options = { ...base, tokenizer: ofWords, prompt: 'the ' };

  test('a stop string that begins or ends within a token cuts the text there', async () => {
    const whole = await textOf(options);
    expect(words).toHaveLength(tinyVocabulary);
    for (let start = 0; start < 60; start += 1) {
      for (const length of [1, 2, 3, 7]) {
        const stop = whole.slice(start, start + length);
        // The one that ends first ends where the text first holds it.
        expect(await textOf({ ...options, count: 30, stop: [stop] })).toBe(whole.slice(0, whole.indexOf(stop)));
      }
    }
  });
});

describe('the tokenizer', () => {
  const saying = (metadata: Readonly<Record<string, string>>): Session =>
    fakeSession({ program: { ...forward.program, metadata }, run: (feeds) => forward.run(feeds) });
  async function writtenBy(session: Session, options: Partial<GenerateTextOptions> = {}): Promise<string> {
    let all = '';
    for await (const piece of generateText({ ...base, tokenizer: undefined, forward: session, ...options }))
      all += piece;
    return all;
  }

  test('is the one that the file says, unless one is given', async () => {
    const whole = await plain('cab', 60, 4);
    expect(await writtenBy(saying({ 'trilu.vocabulary': JSON.stringify(tokenizer.characters) }))).toBe(whole);
    expect(await writtenBy(saying({ 'trilu.tokenizer': JSON.stringify(tokenizer) }))).toBe(whole);
    expect(await writtenBy(saying({ 'trilu.vocabulary': '["x"]' }), { tokenizer })).toBe(whole);
  });

  test('that is not there, or not the model’s, is told of', async () => {
    await expect(writtenBy(saying({}))).rejects.toThrow(
      /^The model has no tokenizer of a kind that is known here \(characters\), so it can't read or write text: /,
    );
    await expect(writtenBy(saying({ 'trilu.vocabulary': '["a","b","c"]' }))).rejects.toThrow(
      "The tokenizer (characters) has 3 ids, but the model's vocabulary size is 11: ",
    );
  });

  test.each([[7], [[3, 7]]])('ends the text with its token for that: %j', async (end) => {
    const ending: Tokenizer = {
      kind: 'ending',
      size: tokenizer.size,
      specialTokens: { eos_token_id: end },
      encode: (text) => tokenizer.encode(text),
      decode: (ids) => tokenizer.decode(ids),
      decoder: () => tokenizer.decoder(),
      toJSON: () => ({}),
    };
    const whole = await plain('cab', 60, 4);
    const ends = [end].flat().map((id) => whole.indexOf(tokenizer.decode([id])));
    const cut = whole.slice(0, Math.min(...ends.filter((place) => place >= 0)));
    expect(cut.length).toBeLessThan(whole.length);
    expect(await textOf({ ...base, tokenizer: ending })).toBe(cut);
    let scored = '';
    for await (const { text } of generateScoredText({ ...base, tokenizer: ending, forward })) scored += text;
    expect(scored).toBe(cut);
  });
});

describe('many texts', () => {
  const prompts = ['a', 'cab', 'fed', 'a'];
  async function texts(options: Partial<GenerateTextsOptions> = {}): Promise<string[]> {
    const all = prompts.map(() => '');
    for await (const { row, text } of generateTexts({ ...base, forward, prompts, ...options })) all[row] += text;
    return all;
  }

  test('are continued as each alone with a seed of its own', async () => {
    expect(await texts()).toEqual(await Promise.all(prompts.map((prompt, row) => plain(prompt, 60, 4 + row))));
  });

  test('end each before its own stop string', async () => {
    const whole = await texts();
    const stop = ['da', whole[2]?.slice(30, 33) ?? ''];
    const cut = (text: string): string => {
      const starts = stop.map((string) => text.indexOf(string)).filter((start) => start >= 0);
      return starts.length === 0 ? text : text.slice(0, Math.min(...starts));
    };
    const written = await texts({ stop });
    expect(written).toEqual(whole.map(cut));
    expect(new Set(written.map((text) => text.length)).size).toBeGreaterThan(1);
  });

  test('an unknown character is told with its prompt', async () => {
    await expect(texts({ prompts: ['a', 'b', 'z', 'c'] })).rejects.toThrow('The prompt 2 has a character that');
  });
});

describe('with probabilities', () => {
  test('each token comes with its text and those of its alternatives', async () => {
    let written = '';
    for await (const scored of generateScoredText({ ...base, forward, alternatives: 3 })) {
      written += scored.text;
      expect(scored.text).toBe(tokenizer.decode([scored.token]));
      expect(scored.alternatives).toHaveLength(3);
      for (const { token, text, logProbability } of scored.alternatives) {
        expect(text).toBe(tokenizer.decode([token]));
        expect(logProbability).toBeLessThan(0);
      }
    }
    expect(written).toBe(await plain('cab', 60, 4));
  });

  test('the tokens of a stop string are held back too', async () => {
    const whole = await plain('cab', 60, 4);
    const stop = whole.slice(10, 14);
    let written = '';
    for await (const { text } of generateScoredText({ ...base, forward, stop: [stop] })) written += text;
    expect(written).toBe(whole.slice(0, whole.indexOf(stop)));
  });
});
