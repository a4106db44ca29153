import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { modelFiles } from '../model-directory/model-directory.ts';
import { parseJson } from '../text/json-keys.ts';
import { type Tokenizer, unitOf } from '../text/tokenizer.ts';
import { findTokenizer } from '../text/tokenizers/index.ts';

const schema = v.object({
  added_tokens: v.optional(v.array(v.object({ id: v.unknown(), content: v.string() })), []),
  model: v.object({
    vocab: v.custom<object>((value) => typeof value === 'object' && value !== null, 'there is no list of tokens'),
  }),
});

const foreignTypes: readonly string[] = ['BPE', 'Unigram', 'WordLevel', 'WordPiece'];

const ofOwnType = v.object({
  model: v.object({
    type: v.pipe(
      v.string(),
      v.check((type) => !foreignTypes.includes(type)),
    ),
    vocab: v.optional(v.undefined()),
  }),
});

type ForeignTokenizer = v.InferOutput<typeof schema>;

/**
 * The tokenizer of a model from a `tokenizer.json`, where there is a kind that reads it.
 * @param vocabularySize how many ids the model has
 * @param source what to call the file in an error, as the start of a sentence
 * @returns undefined for a tokenizer of no kind that is known here
 * @throws UserError when it is not JSON, its kind finds it damaged, it has more or fewer ids than the model; or, where no kind reads it,
 *   a token is empty or there twice, an id is given twice or beyond the model's
 */
export function readTokenizerFile(text: string, vocabularySize: number, source: string): Tokenizer | undefined {
  const json = parseJson(text, source);
  const tokenizer = findTokenizer(json, source);
  if (tokenizer === undefined) {
    // Of a type that only its own kind knows, nothing can be told.
    if (!v.is(ofOwnType, json)) checkIds(tokensOf(parse(json, source)), vocabularySize, source);
    return undefined;
  }
  if (tokenizer.size === vocabularySize) return tokenizer;
  throw new UserError(
    `${source} has ${tokenizer.size} ${unitOf(tokenizer)}s, but ${modelFiles.config} says ${vocabularySize}.`,
  );
}

function parse(json: unknown, source: string): ForeignTokenizer {
  const parsed = v.safeParse(schema, json);
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  throw new UserError(`${source} is no tokenizer: ${v.getDotPath(issue) ?? 'the whole'}: ${issue.message}.`);
}

/** Its tokens with their ids; a list (Unigram) has them in order, each with a score. */
function tokensOf({ added_tokens, model: { vocab } }: ForeignTokenizer): (readonly [token: unknown, id: unknown])[] {
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
