import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCorpus } from '../../src/corpus/open-corpus.ts';
import { UserError } from '../../src/errors.ts';
import { allBlocks, BatchSampler } from '../../src/text/batches.ts';
import { splitTokens } from '../../src/text/split.ts';
import type { TokenDecoder, Tokenizer, TokenizerJson, TokenizerKind } from '../../src/text/tokenizer.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { byteTokenizer, byteTokenizers } from '../support/byte-tokenizer.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trilu-open-corpus-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function fileOf(content: Uint8Array | string): Promise<string> {
  const path = join(folder, 'text.txt');
  await writeFile(path, content);
  return path;
}

const inFile = { largestInMemory: 0 };

/** Characters of one to four bytes, so that every border of a stride and of a chunk falls somewhere within one. */
const line = 'The whale 🐋, Größe: 鯨 — ½ ton.\r\n';
const text = Array.from({ length: 700 }, (_, index) => `${index} ${line}`).join('');
const characters = [...text];

describe('a text that stays in its file', () => {
  it('is the text in memory: characters, checksum, vocabulary, and every id wherever it is asked for', async () => {
    const path = await fileOf(text);
    const [held, left] = [await openCorpus(path), await openCorpus(path, inFile)];
    expect([left.characters, left.sha256]).toEqual([held.characters, held.sha256]);
    expect(left.characters).toBe(characters.length);
    expect(left.sha256).toBe(createHash('sha256').update(text).digest('hex'));
    expect(left.tokenizer.characters).toEqual(held.tokenizer.characters);
    expect(left.tokens.length).toBe(held.tokens.length);
    const ranges = [
      [0, 1],
      [0, 1024],
      [1023, 1025],
      [1024, 2048],
      [1500, 5000],
      [0, characters.length],
      [characters.length - 1, characters.length],
      [5, 5],
      [characters.length - 3, characters.length + 9],
    ] as const;
    for (const [begin, end] of ranges) {
      expect(left.tokens.subarray(begin, end), `${begin} to ${end}`).toEqual(held.tokens.subarray(begin, end));
    }
    left.close();
  });

  it('gives the same batches, and the same blocks from end to end', async () => {
    const path = await fileOf(text);
    const [held, left] = [await openCorpus(path), await openCorpus(path, inFile)];
    const options = { batch: 6, block: 40, seed: 3 };
    const [a, b] = [splitTokens(held.tokens), splitTokens(left.tokens)];
    expect([b.training.length, b.validation.length]).toEqual([a.training.length, a.validation.length]);
    for (const part of ['training', 'validation'] as const) {
      const [one, other] = [new BatchSampler(a[part], options), new BatchSampler(b[part], options)];
      for (let batch = 0; batch < 20; batch += 1) expect(one.next()).toEqual(other.next());
      expect([...allBlocks(b[part], options)]).toEqual([...allBlocks(a[part], options)]);
    }
    left.close();
  });

  it('of several chunks is read in all of them, and tells how far it is', async () => {
    const long = text.repeat(300); // 8 MB: three chunks
    const path = await fileOf(long);
    const told: number[] = [];
    const left = await openCorpus(path, { ...inFile, onProgress: (bytes) => told.push(bytes) });
    expect(left.characters).toBe(300 * characters.length);
    expect(left.sha256).toBe(createHash('sha256').update(long).digest('hex'));
    expect(told.length).toBeGreaterThan(2);
    expect(told.at(-1)).toBe(Buffer.byteLength(long));
    const from = 299 * characters.length;
    const ids = left.tokens.subarray(from, from + characters.length);
    expect(left.tokenizer.decode(ids)).toBe(text);
    left.close();
  });

  it('leaves a byte order mark out', async () => {
    const left = await openCorpus(await fileOf(`\ufeff${text}`), inFile);
    expect([left.characters, left.sha256]).toEqual([
      characters.length,
      createHash('sha256').update(text).digest('hex'),
    ]);
    expect(left.tokenizer.decode(left.tokens.subarray(0, 5))).toBe(characters.slice(0, 5).join(''));
    left.close();
  });

  it('takes the ids of a vocabulary, and names what that lacks', async () => {
    const path = await fileOf('abcabc');
    const left = await openCorpus(path, {
      ...inFile,
      tokenizer: CharacterTokenizer.fromVocabulary(['c', 'x', 'b', 'a']),
    });
    expect([...left.tokens.subarray(0, 6)]).toEqual([3, 2, 0, 3, 2, 0]);
    left.close();
    await expect(
      openCorpus(path, { ...inFile, tokenizer: CharacterTokenizer.fromVocabulary(['a', 'b']) }),
    ).rejects.toThrow(/text\.txt has a character that the model does not know: "c" \(U\+0063\)/);
  });
});

describe('a text of other tokens that stays in its file', () => {
  /** A token for each word with what stands before it, which begins anew with each line. */
  class Words implements Tokenizer {
    readonly kind = 'words';
    readonly size: number;
    readonly #ids: ReadonlyMap<string, number>;

    constructor(words: readonly string[]) {
      this.#ids = new Map(words.map((word, id) => [word, id]));
      this.size = words.length;
    }

    encode(given: string): Int32Array {
      return Int32Array.from(wordsOf(given), (word) => {
        const id = this.#ids.get(word);
        if (id === undefined) throw new UserError(`There is no word ${word}.`);
        return id;
      });
    }

    decode(ids: Iterable<number>): string {
      const words = [...this.#ids.keys()];
      return Array.from(ids, (id) => words[id]).join('');
    }

    decoder(): TokenDecoder {
      return { push: (id) => this.decode([id]), end: () => '' };
    }

    toJSON(): TokenizerJson {
      return { words: [...this.#ids.keys()] };
    }
  }

  const wordsOf = (given: string): string[] => given.match(/[^\S\n]*[^\s]+\n*|\s/gu) ?? [];
  const parts: string[] = [];
  const words: TokenizerKind = {
    name: 'words',
    reads: () => false,
    fromJSON: () => new Words([]),
    builder: () => {
      const seen = new Set<string>();
      return {
        add(part) {
          parts.push(part);
          for (const word of wordsOf(part)) seen.add(word);
        },
        finish: () => new Words([...seen]),
      };
    },
  };

  it.each([
    ['bytes', byteTokenizers],
    ['words', words],
    ['a tokenizer that is made', byteTokenizer],
  ])('is the text in memory, wherever ids are asked for: %s', async (_what, tokenizer) => {
    const path = await fileOf(`\ufeff${text}`);
    const [held, left] = [await openCorpus(path, { tokenizer }), await openCorpus(path, { ...inFile, tokenizer })];
    expect([left.characters, left.sha256, left.tokenizer.size]).toEqual([
      held.characters,
      held.sha256,
      held.tokenizer.size,
    ]);
    expect(left.characters).toBe(characters.length);
    const all = held.tokens.length;
    expect(left.tokens.length).toBe(all);
    expect(left.tokens.subarray(0, all)).toEqual(held.tokens.subarray(0, all));
    for (const begin of [0, 1, 400, 1000, 1700, all - 5, all]) {
      for (const length of [0, 1, 64, 900]) {
        const [one, other] = [left, held].map(({ tokens }) => tokens.subarray(begin, begin + length));
        expect(one, `${length} from ${begin}`).toEqual(other);
      }
    }
    expect(left.tokenizer.decode(left.tokens.subarray(0, all))).toBe(text);
    left.close();
  });

  it('of one long line is cut between characters, and told of twice', async () => {
    const long = '🐋鯨é'.repeat(600_000); // 5.4 MB: two chunks
    const told: number[] = [];
    const onProgress = (read: number): number => told.push(read);
    const left = await openCorpus(await fileOf(long), { ...inFile, tokenizer: byteTokenizers, onProgress });
    expect(left.tokens.length).toBe(Buffer.byteLength(long));
    const middle = 9 * 300_000;
    expect(left.tokenizer.decode(left.tokens.subarray(middle, middle + 9 * 2000))).toBe('🐋鯨é'.repeat(2000));
    expect(told.filter((read) => read === Buffer.byteLength(long))).toHaveLength(2);
    left.close();
  });

  it('is built from its parts, none of them held', async () => {
    parts.length = 0;
    const long = text.repeat(300);
    const left = await openCorpus(await fileOf(long), { ...inFile, tokenizer: words });
    expect(parts.length).toBeGreaterThan(2);
    expect(parts.join('')).toBe(long);
    left.close();
  });

  it('that the tokenizer has no ids for is refused', async () => {
    const path = await fileOf(text);
    for (const options of [{}, inFile]) {
      const opening = openCorpus(path, { ...options, tokenizer: new Words(['The']) });
      await expect(opening).rejects.toThrow('There is no word 0.');
    }
  });

  it('is noticed when it changes', async () => {
    const left = await openCorpus(await fileOf(text), { ...inFile, tokenizer: words });
    await fileOf(text.replaceAll('whale ', 'whales'));
    expect(() => left.tokens.subarray(2000, 2100)).toThrow(/has been changed since it was opened/);
    left.close();
  });
});

describe('a text that is not the right one', () => {
  it.each([{}, inFile])('is refused before it is made tokens: %j', async (options) => {
    const path = await fileOf('🐋a');
    const facts: unknown[] = [];
    const check = (found: unknown): never => {
      facts.push(found);
      throw new UserError('another text');
    };
    const tokenizer = CharacterTokenizer.fromText('b');
    await expect(openCorpus(path, { ...options, tokenizer, check })).rejects.toThrow('another text');
    const sha256 = createHash('sha256').update('🐋a').digest('hex');
    expect(facts).toEqual([{ name: path, characters: 2, sha256 }]);
  });
});

describe('what can’t be a text is refused in the same words, in memory or in its file', () => {
  it.each<[what: string, content: Uint8Array | string]>([
    ['nothing', ''],
    ['a byte order mark alone', '\ufeff'],
    ['a byte that starts no character', Buffer.concat([Buffer.from(`${text}\n`), Buffer.from([0xff])])],
    ['a character cut off at the end', Buffer.from(text).subarray(0, Buffer.from(text).lastIndexOf(0xbd))],
    ['an overlong sequence', Buffer.from([0x61, 0xc0, 0x80])],
    ['half a surrogate pair', Buffer.from([0x61, 0xed, 0xa0, 0x80])],
    ['UTF-16', Buffer.from('\ufefftext', 'utf16le')],
  ])('%s', async (_what, content) => {
    const path = await fileOf(content);
    const refusal = async (options: object): Promise<unknown> =>
      openCorpus(path, options).catch((error: unknown) => error);
    const [held, left] = [await refusal({}), await refusal({ largestInMemory: -1 })];
    expect(held).toBeInstanceOf(UserError);
    expect(left).toBeInstanceOf(UserError);
    expect(String(left)).toBe(String(held));
  });
});

describe('a file that is changed while it is open', () => {
  it.each([
    ['cut short', ''],
    ['given other characters', text.replaceAll('T', 'Ω')],
    ['given other bytes', Buffer.alloc(Buffer.byteLength(text), 0xff)],
  ])('%s, is noticed where it is read', async (_what, content) => {
    const path = await fileOf(text);
    const left = await openCorpus(path, inFile);
    await writeFile(path, content);
    expect(() => left.tokens.subarray(2000, 2100)).toThrow(UserError);
    expect(() => left.tokens.subarray(2000, 2100)).toThrow(
      'text.txt has been changed since it was opened: leave a text as it is while it is being read, and start again.',
    );
    left.close();
  });
});
