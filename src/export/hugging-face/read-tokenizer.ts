import * as v from 'valibot';
import { UserError } from '../../errors.ts';
import { parseJson } from '../json-keys.ts';
import { modelFiles } from './model-directory.ts';
import { vocabularyFromTokenizerJson } from './tokenizer-files.ts';

const schema = v.object({
  normalizer: v.nullish(v.unknown()),
  pre_tokenizer: v.nullish(v.unknown()),
  added_tokens: v.optional(v.array(v.object({ id: v.unknown(), content: v.string() })), []),
  model: v.object({
    type: v.optional(v.string()),
    vocab: v.custom<object>((value) => typeof value === 'object' && value !== null, 'there is no list of tokens'),
    merges: v.optional(v.array(v.unknown()), []),
    continuing_subword_prefix: v.nullish(v.string()),
    end_of_word_suffix: v.nullish(v.string()),
  }),
});

type Tokenizer = v.InferOutput<typeof schema>;

/**
 * The vocabulary of a model from a `tokenizer.json`, where it is one of single characters.
 * @param vocabularySize how many ids the model has
 * @param source what to call the file in an error, as the start of a sentence
 * @returns the characters in id order; undefined for a tokenizer of another kind, such as one that joins characters
 * @throws UserError when it is not JSON, a token is empty or there twice, an id is given twice or beyond the model's, or the
 *   characters don't have the ids 0, 1, 2, … up to the model's last.
 */
export function readTokenizer(text: string, vocabularySize: number, source: string): readonly string[] | undefined {
  const tokenizer = parse(text, source);
  if (!isOfCharacters(tokenizer)) {
    checkIds(tokensOf(tokenizer), vocabularySize, source);
    return undefined;
  }
  const vocabulary = vocabularyFromTokenizerJson(text, source);
  if (vocabulary.length !== vocabularySize) {
    throw new UserError(
      `${source} has ${vocabulary.length} characters, but ${modelFiles.config} says ${vocabularySize}.`,
    );
  }
  return vocabulary;
}

function parse(text: string, source: string): Tokenizer {
  const parsed = v.safeParse(schema, parseJson(text, source));
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new UserError(`${source} is no tokenizer: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}.`);
}

/** Whether text goes through it unchanged and every token is one character. An empty token is told by whoever reads them. */
function isOfCharacters({ normalizer, pre_tokenizer, added_tokens, model }: Tokenizer): boolean {
  const { type, vocab, merges, continuing_subword_prefix: prefix, end_of_word_suffix: suffix } = model;
  return (
    type === 'BPE' &&
    merges.length === 0 &&
    [normalizer, pre_tokenizer].every((part) => part === null || part === undefined) &&
    [prefix, suffix].every((part) => part === null || part === undefined || part === '') &&
    !Array.isArray(vocab) &&
    Object.keys(vocab).every((token) => [...token].length <= 1) &&
    added_tokens.every(({ content }) => Object.hasOwn(vocab, content))
  );
}

/** Its tokens with their ids; a list (Unigram) has them in order, each with a score. */
function tokensOf({ added_tokens, model: { vocab } }: Tokenizer): (readonly [token: unknown, id: unknown])[] {
  if (Array.isArray(vocab)) return vocab.map((entry: unknown, id) => [Array.isArray(entry) ? entry[0] : entry, id]);
  const own = new Map<string, unknown>(Object.entries(vocab));
  const added = added_tokens.filter(({ content, id }) => own.get(content) !== id);
  return [...own, ...added.map(({ content, id }) => [content, id] as const)];
}

/** Gaps are allowed: many models have more ids than their tokenizer has tokens. */
function checkIds(tokens: readonly (readonly [unknown, unknown])[], vocabularySize: number, source: string): void {
  const byId = new Map<number, string>();
  const names = new Set<string>();
  for (const [token, id] of tokens) {
    if (typeof token !== 'string')
      throw new UserError(`${source} has a token that is no text: ${JSON.stringify(token)}.`);
    const shown = JSON.stringify(token);
    if (token === '') throw new UserError(`${source} has an empty token, of the id ${JSON.stringify(id)}.`);
    if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id >= vocabularySize) {
      throw new UserError(
        `${source} gives ${shown} the id ${JSON.stringify(id)}: the ids of the model that ${modelFiles.config} describes are 0 to ${vocabularySize - 1}.`,
      );
    }
    const other = byId.get(id);
    if (other !== undefined)
      throw new UserError(`${source} gives the id ${id} twice, to ${JSON.stringify(other)} and ${shown}.`);
    if (names.has(token)) throw new UserError(`${source} has ${shown} twice.`);
    byId.set(id, token);
    names.add(token);
  }
}
