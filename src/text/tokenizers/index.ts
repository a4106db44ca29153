import { UserError } from '../../errors.ts';
import type { Tokenizer, TokenizerJson, TokenizerKind } from '../tokenizer.ts';
import { characterTokenizers } from './characters.ts';

/** All kinds of tokenizers: ours, and those that were defined outside. */
const kinds: TokenizerKind[] = [characterTokenizers];

/**
 * Adds a kind of tokenizer: its models train, are kept, exported and write as those of characters do. Where a tokenizer.json is read,
 * the first kind that `reads` it makes the tokenizer.
 *
 * ```ts
 * const bytes = defineTokenizer({
 *   name: 'bytes',
 *   reads: (json) => json.type === 'bytes',
 *   fromJSON: () => new ByteTokenizer(),
 *   fromText: () => new ByteTokenizer(),
 * });
 * ```
 *
 * @returns the kind
 * @throws UserError when there is a kind of that name
 */
export function defineTokenizer<Made extends Tokenizer>(kind: TokenizerKind<Made>): TokenizerKind<Made> {
  if (kinds.some(({ name }) => name === kind.name)) {
    throw new UserError(`There is a kind of tokenizer called ${kind.name} already: give this one another name.`);
  }
  kinds.push(kind);
  return kind;
}

/**
 * The tokenizer of a `tokenizer.json`, if there is a kind that reads it.
 * @param json what the file holds
 * @param source what to call the file in an error, as the start of a sentence
 * @throws UserError when it is of a kind that is known, and damaged
 */
export function findTokenizer(json: unknown, source: string): Tokenizer | undefined {
  if (!isObject(json)) return undefined;
  return kinds.find((kind) => kind.reads(json))?.fromJSON(json, source);
}

/**
 * The tokenizer of a `tokenizer.json`.
 * @param json what the file holds
 * @param source what to call the file in an error, as the start of a sentence
 * @throws UserError when no kind reads it, or it is damaged
 */
export function readTokenizer(json: unknown, source: string = 'tokenizer.json'): Tokenizer {
  const tokenizer = findTokenizer(json, source);
  if (tokenizer !== undefined) return tokenizer;
  throw new UserError(
    `${source} is a tokenizer of no kind that is known here (${kindNames()}): add its kind with defineTokenizer first.`,
  );
}

/**
 * A model's tokenizer, for what can't be done without it.
 * @param source the model, for the message
 * @throws UserError when it has none
 */
export function requireTokenizer(tokenizer: Tokenizer | undefined, source: string): Tokenizer {
  if (tokenizer !== undefined) return tokenizer;
  throw new UserError(
    `${source} has no tokenizer of a kind that is known here (${kindNames()}), so it can't read or write text: give it token ids (--token-ids), or add its kind with defineTokenizer (--model names a module that does).`,
  );
}

function kindNames(): string {
  return kinds.map(({ name }) => name).join(', ');
}

function isObject(json: unknown): json is TokenizerJson {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
