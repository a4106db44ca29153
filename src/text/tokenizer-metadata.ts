import { UserError } from '../errors.ts';
import type { Tokenizer } from './tokenizer.ts';
import { CharacterTokenizer } from './tokenizers/characters.ts';
import { findTokenizer } from './tokenizers/index.ts';

/** What an .onnx file says of its model's tokenizer: its characters, or the written form of any other. */
export function tokenizerMetadata(tokenizer: Tokenizer | undefined): Readonly<Record<string, string>> {
  if (tokenizer === undefined) return {};
  const { characters } = tokenizer;
  return characters === undefined
    ? { 'trilu.tokenizer': JSON.stringify(tokenizer) }
    : { 'trilu.vocabulary': JSON.stringify(characters) };
}

/**
 * The tokenizer of a model from its file's metadata.
 * @param source what to call the file in an error, as the start of a sentence
 * @returns undefined where it says none, or one of a kind that is not known here
 * @throws UserError when what it says is damaged
 */
export function tokenizerFromMetadata(
  metadata: Readonly<Record<string, string>>,
  source: string,
): Tokenizer | undefined {
  const { 'trilu.vocabulary': characters, 'trilu.tokenizer': written } = metadata;
  if (characters !== undefined) return CharacterTokenizer.fromVocabulary(charactersOf(characters, source));
  return written === undefined ? undefined : findTokenizer(parsed(written, source), `The tokenizer of ${source}`);
}

function charactersOf(text: string, source: string): readonly string[] {
  const vocabulary = parsed(text, source);
  if (Array.isArray(vocabulary) && vocabulary.every((character) => typeof character === 'string')) return vocabulary;
  throw new UserError(`${source} has a damaged vocabulary (trilu.vocabulary): it is no list of characters.`);
}

function parsed(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${source} has damaged metadata: they are no JSON.`, { cause });
  }
}
