import * as v from 'valibot';
import { UserError } from '../../errors.ts';
import { CharacterTokenizer } from '../../text/tokenizer.ts';
import { parseJson } from '../json-keys.ts';

/** What the vocabulary takes the place of; nothing else in the file is an empty object. */
const emptyVocabulary = '"vocab": {}';

/** A character tokenizer in the terms of Hugging Face's tokenizers: byte-pair encoding that merges nothing, nothing normalized or split. */
const tokenizer = {
  version: '1.0',
  truncation: null,
  padding: null,
  added_tokens: [],
  normalizer: null,
  pre_tokenizer: null,
  post_processor: null,
  // Joins the characters; without a decoder, spaces would come between them.
  decoder: { type: 'Fuse' },
  model: {
    type: 'BPE',
    dropout: null,
    // Not in the vocabulary, on purpose: without it, characters that the model doesn't know would be left out without a word.
    unk_token: 'unknown character',
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: false,
    byte_fallback: false,
    ignore_merges: false,
    vocab: {},
    merges: [],
  },
};

/**
 * `tokenizer.json` of a character vocabulary, as Hugging Face's tokenizers read it; characters come in id order.
 * @param vocabulary each entry one code point; its place is its id
 * @throws UserError when the vocabulary is empty, or an entry is not one character or is there twice
 */
export function tokenizerJson(vocabulary: readonly string[]): string {
  CharacterTokenizer.fromVocabulary(vocabulary);
  const entries = vocabulary.map((character, id) => `      ${JSON.stringify(character)}: ${id}`);
  // Written by hand, because an object would put the digits first.
  const filled = `"vocab": {\n${entries.join(',\n')}\n    }`;
  return `${JSON.stringify(tokenizer, null, 2).replace(emptyVocabulary, () => filled)}\n`;
}

/**
 * `tokenizer_config.json` to go with it: nothing added, nothing cleaned up, padding on the left.
 * @param vocabulary decides the padding token, which must be one of its characters: the newline, or else the first of them
 */
export function tokenizerConfigJson(vocabulary: readonly string[] = ['\n']): string {
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    // The default would drop spaces before punctuation.
    clean_up_tokenization_spaces: false,
    add_bos_token: false,
    add_eos_token: false,
    bos_token: null,
    eos_token: null,
    unk_token: null,
    pad_token: vocabulary.includes('\n') ? '\n' : (vocabulary[0] ?? '\n'),
    padding_side: 'left',
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/**
 * `special_tokens_map.json`, which overrules that file for transformers in Python: no padding token. There, the padding token is left
 * out of generated text wherever it stands, and ours is an ordinary character; transformers.js, which goes by the other file, keeps it.
 */
export function specialTokensMapJson(): string {
  return `${JSON.stringify({ pad_token: null }, null, 2)}\n`;
}

const characterTokenizer = v.object({
  model: v.object({
    type: v.literal('BPE'),
    vocab: v.custom<object>(
      (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
      'not an object',
    ),
    merges: v.pipe(
      v.array(v.unknown()),
      v.maxLength(0, 'it merges characters, so its tokens are not single characters'),
    ),
  }),
});

/**
 * The vocabulary of a character model from its `tokenizer.json`, in id order.
 * @param source what to call the file in an error, as the start of a sentence
 * @throws UserError when it is not JSON, not a tokenizer of single characters, or its ids are not 0, 1, 2, … each once
 */
export function vocabularyFromTokenizerJson(text: string, source = 'tokenizer.json'): string[] {
  const ids = readIds(text, source);
  const vocabulary: string[] = [];
  for (const [character, id] of ids) {
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= ids.length) {
      throw new UserError(
        `${source} gives ${JSON.stringify(character)} the id ${JSON.stringify(id)}: its ${ids.length} ids must be 0 to ${ids.length - 1}.`,
      );
    }
    const other = vocabulary[id];
    if (other !== undefined) {
      throw new UserError(
        `${source} gives the id ${id} twice, to ${JSON.stringify(other)} and ${JSON.stringify(character)}.`,
      );
    }
    vocabulary[id] = character;
  }
  try {
    return [...CharacterTokenizer.fromVocabulary(vocabulary).vocabulary];
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${source} is not the tokenizer of a character model. ${cause.message}`, { cause });
  }
}

function readIds(text: string, source: string): [string, unknown][] {
  const parsed = v.safeParse(characterTokenizer, parseJson(text, source));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UserError(
      `${source} is not the tokenizer of a character model: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}.`,
    );
  }
  return Object.entries(parsed.output.model.vocab);
}
