import { requireSize, type Tokenizer } from '../../text/tokenizer.ts';
import { requireTokenizer } from '../../text/tokenizers/index.ts';
import { generateBatch, generateScored, vocabularySizeOf, type WritingOptions } from './generate-tokens.ts';
import type { ScoredToken, TokenProbability } from './log-probabilities.ts';
import { StopStrings } from './stop-strings.ts';
import { isEnd, TextRow } from './text-row.ts';
import { tokenizerOf } from './tokenizer-of.ts';

/** How texts are written on. */
export interface TextWritingOptions extends WritingOptions {
  /** The model's, which its files say; to be given for files that don't. */
  readonly tokenizer?: Tokenizer | undefined;
  /**
   * The text ends before the first of these strings that appears in what is written; nothing of it is handed out. It may begin and end
   * within tokens.
   */
  readonly stop?: readonly string[];
}

/** What a text is continued from. */
export interface GenerateTextOptions extends TextWritingOptions {
  /** At least one character, all of them known to the tokenizer. */
  readonly prompt: string;
}

/** What many texts are continued from. */
export interface GenerateTextsOptions extends TextWritingOptions {
  readonly prompts: readonly string[];
}

/** A piece of one of many texts. */
export interface TextPiece {
  readonly row: number;
  readonly text: string;
}

/** A token with its text: of a token that was written, what it completes, which is nothing while that is a part of a character. */
export interface TextProbability extends TokenProbability {
  readonly text: string;
}

/** A token that was written, and what else might have been, with their texts: see `ScoredToken`. */
export interface ScoredText extends TextProbability {
  readonly alternatives: readonly TextProbability[];
}

/**
 * Continues a text: `generate`, in text. It ends with the tokenizer's token for the end of a text, where there is one.
 *
 * @returns the continuation, without the prompt, in pieces: each token's text as soon as it is known not to belong to a stop string, no
 *   character in parts
 * @throws UserError as `generate`; for characters that the tokenizer does not know; for an empty stop string; for a model whose tokenizer
 *   is not known, or a tokenizer that is not the model's
 */
export async function* generateText({
  prompt,
  ...options
}: GenerateTextOptions): AsyncGenerator<string, void, undefined> {
  for await (const { text } of generateTexts({ ...options, prompts: [prompt] })) yield text;
}

/**
 * Continues many texts at once: `generateBatch`, in text. A row that comes to a stop string ends; the others go on.
 *
 * @returns pieces of the continuations, by rows within a step
 */
export async function* generateTexts({
  prompts,
  tokenizer: given,
  stop = [],
  ...options
}: GenerateTextsOptions): AsyncGenerator<TextPiece, void, undefined> {
  const tokenizer = tokenizerFor(given, options);
  const rows = prompts.map(() => new TextRow(tokenizer, stop));
  const released: string[] = prompts.map(() => '');
  const ends = (token: number, row: number): boolean => {
    const own = rows[row];
    if (own === undefined) return true;
    released[row] = own.push(token);
    return own.ended;
  };
  const encoded = prompts.map((prompt, row) => encode(tokenizer, prompt, prompts.length === 1 ? '' : ` ${row}`));
  for await (const tokens of generateBatch({ ...options, prompts: encoded, ends })) {
    for (const [row, token] of tokens.entries()) {
      const text = released[row] ?? '';
      if (token !== undefined && text !== '') yield { row, text };
    }
  }
  for (const [row, own] of rows.entries()) {
    const text = own.end();
    if (text !== '') yield { row, text };
  }
}

/**
 * Continues a text, and tells with each token what the model held of it and of the most probable ones.
 *
 * @param options.alternatives how many of the most probable tokens to tell, 0 unless told
 * @returns the tokens before a stop string; one of which the string takes a part is left out
 */
export async function* generateScoredText({
  prompt,
  tokenizer: given,
  stop = [],
  ...options
}: GenerateTextOptions & { readonly alternatives?: number }): AsyncGenerator<ScoredText, void, undefined> {
  const tokenizer = tokenizerFor(given, options);
  const strings = new StopStrings<ScoredText>(stop);
  const decoder = tokenizer.decoder();
  const told = (scored: ScoredToken): ScoredText => ({
    ...scored,
    text: decoder.push(scored.token),
    alternatives: scored.alternatives.map((other) => ({ ...other, text: tokenizer.decode([other.token]) })),
  });
  for await (const scored of generateScored({ ...options, tokens: encode(tokenizer, prompt) })) {
    if (isEnd(tokenizer, scored.token)) break;
    yield* strings.add(told(scored)).parts;
    if (strings.stopped) return;
  }
  yield* strings.end();
}

/** The tokenizer to write with, which is that of the model. */
function tokenizerFor(given: Tokenizer | undefined, options: TextWritingOptions): Tokenizer {
  const session = options.decode ?? options.forward;
  const tokenizer = requireTokenizer(given ?? (session && tokenizerOf(session)), 'The model');
  const size = vocabularySizeOf(options);
  if (Number.isFinite(size)) requireSize(tokenizer, size);
  return tokenizer;
}

function encode(tokenizer: Tokenizer, prompt: string, number = ''): number[] {
  return Array.from(tokenizer.encode(prompt, `The prompt${number}`));
}
