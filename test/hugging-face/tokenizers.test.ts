import { AutoTokenizer, env, PreTrainedTokenizer } from '@huggingface/transformers';
import { Tokenizer } from 'tokenizers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tokenizerConfigJson, tokenizerJson } from '../../src/model-directory/tokenizer-files.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { removeFolders, tokenizer, vocabulary, writeFolder } from './folder.ts';

env.allowRemoteModels = false;

const { path } = writeFolder('characters', 'bigram');
afterAll(removeFolders);

/** What another library makes of texts and ids with our files. */
interface Library {
  encode(text: string): Promise<readonly number[]>;
  /** As text generation does: without what counts as special. */
  decode(ids: readonly number[]): Promise<string>;
}

async function transformersJs(): Promise<Library> {
  const loaded: PreTrainedTokenizer = await AutoTokenizer.from_pretrained(path, { local_files_only: true });
  return {
    encode: async (text) => loaded.encode(text),
    decode: async (ids) => loaded.decode([...ids], { skip_special_tokens: true }),
  };
}

async function rust(): Promise<Library> {
  const loaded = Tokenizer.fromFile(`${path}/tokenizer.json`);
  return {
    encode: async (text) => (await loaded.encode(text)).getIds(),
    decode: (ids) => loaded.decode([...ids], true),
  };
}

const everyPair = vocabulary.flatMap((one) => vocabulary.map((other) => one + other)).join('');

const texts: readonly (readonly [what: string, text: string])[] = [
  ['each character of the vocabulary', vocabulary.join('')],
  ['each pair of characters', everyPair],
  ['emoji, joined and single', '😀👩\u200d👩😀'],
  ['combining marks, and the letter that has one', 'a\u0301\u0301é'],
  ['CRLF, CR and LF', 'a\r\nb\rn\n\n'],
  ['NUL', '\0a\0'],
  ['a lone space', ' '],
  ['spaces before punctuation, and before endings', " a . b , s ' n ! ? 's n't  "],
  ['a byte order mark, and a line separator', '\ufeffa\u2028b'],
  ['10,000 characters', 'ab nt. '.repeat(1429).slice(0, 10_000)],
];

describe.each([
  ['transformers.js', transformersJs],
  ['the Rust tokenizers', rust],
])('tokenizer.json in %s', (_name, open) => {
  let library: Library;
  beforeAll(async () => {
    library = await open();
  });

  test.each(texts)('%s: the ids are ours, and the text comes back unchanged', async (_what, text) => {
    const ids = await library.encode(text);
    expect(ids).toEqual([...tokenizer.encode(text)]);
    expect(await library.decode(ids)).toBe(text);
  });

  test.each(['x', 'axb', 'A', '\u00e0', '🙂'])(
    '%j, with a character that the model does not know, is an error',
    async (text) => {
      await expect((async () => (await library.encode(text)).map((id) => BigInt(id)))()).rejects.toThrow();
    },
  );
});

test('transformers.js pads on the left, and leaves padding out of no text', async () => {
  const loaded: PreTrainedTokenizer = await AutoTokenizer.from_pretrained(path, { local_files_only: true });
  const { input_ids, attention_mask } = loaded(['ab', '\n'], { padding: true });
  const [a, b, newline] = [...tokenizer.encode('ab\n')];
  expect(input_ids.tolist().flat().map(Number)).toEqual([a, b, newline, newline]);
  expect(attention_mask.tolist().flat().map(Number)).toEqual([1, 1, 0, 1]);
  expect(loaded.all_special_ids).toEqual([]);
});

test('thousands of characters from all of Unicode keep their ids in both, and come back unchanged', async () => {
  const codePoints = Array.from({ length: 4100 }, (_, index) => index * 271);
  const characters = codePoints.map((point) => String.fromCodePoint(point)).filter((it) => !/\p{Surrogate}/u.test(it));
  const text = characters.join('');
  const own = CharacterTokenizer.fromVocabulary(characters);
  const ids = [...own.encode(text)];
  const json = tokenizerJson(own);
  const theirs = new PreTrainedTokenizer(JSON.parse(json), JSON.parse(tokenizerConfigJson(own)));
  expect(theirs.encode(text)).toEqual(ids);
  expect(theirs.decode(ids, { skip_special_tokens: true })).toBe(text);
  const inRust = Tokenizer.fromString(json);
  expect((await inRust.encode(text)).getIds()).toEqual(ids);
  expect(await inRust.decode(ids, true)).toBe(text);
});
