import { generateBatch, generateScored, type WritingOptions } from './generate.ts';
import type { ScoredToken, TokenProbability } from './log-probabilities.ts';
import { StopStrings } from './stop-strings.ts';

/** What text and tokens are changed into each other with: a `CharacterTokenizer`, or any whose tokens have texts of their own. */
export interface TextTokenizer {
  encode(text: string, what?: string): ArrayLike<number>;
  decode(tokens: Iterable<number>): string;
}

/** How texts are written on. */
export interface TextWritingOptions extends WritingOptions {
  readonly tokenizer: TextTokenizer;
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

/** A token with its text. */
export interface TextProbability extends TokenProbability {
  readonly text: string;
}

/** A token that was written, and what else might have been, with their texts: see `ScoredToken`. */
export interface ScoredText extends TextProbability {
  readonly alternatives: readonly TextProbability[];
}

/**
 * Continues a text: `generate`, in characters.
 *
 * @returns the continuation, without the prompt, in pieces: each token's text as soon as it is known not to belong to a stop string
 * @throws UserError as `generate`; for characters that the tokenizer does not know; for an empty stop string
 */
export async function* generateText({
  prompt,
  ...options
}: GenerateTextOptions): AsyncGenerator<string, void, undefined> {
  for await (const { text } of generateTexts({ ...options, prompts: [prompt] })) yield text;
}

/**
 * Continues many texts at once: `generateBatch`, in characters. A row that comes to a stop string ends; the others go on.
 *
 * @returns pieces of the continuations, by rows within a step
 */
export async function* generateTexts({
  prompts,
  tokenizer,
  stop = [],
  ...options
}: GenerateTextsOptions): AsyncGenerator<TextPiece, void, undefined> {
  const rows = prompts.map(() => new StopStrings(stop));
  const released: string[] = prompts.map(() => '');
  const ends = (token: number, row: number): boolean => {
    const own = rows[row];
    if (own === undefined) return true;
    const { parts, rest } = own.add({ text: tokenizer.decode([token]) });
    released[row] = joined(parts) + rest;
    return own.stopped;
  };
  const encoded = prompts.map((prompt, row) => encode(tokenizer, prompt, prompts.length === 1 ? '' : ` ${row}`));
  for await (const tokens of generateBatch({ ...options, prompts: encoded, ends })) {
    for (const [row, token] of tokens.entries()) {
      const text = released[row] ?? '';
      if (token !== undefined && text !== '') yield { row, text };
    }
  }
  for (const [row, own] of rows.entries()) {
    const text = joined(own.end());
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
  tokenizer,
  stop = [],
  ...options
}: GenerateTextOptions & { readonly alternatives?: number }): AsyncGenerator<ScoredText, void, undefined> {
  const strings = new StopStrings<ScoredText>(stop);
  const withText = <Scored extends TokenProbability>(scored: Scored): Scored & TextProbability => ({
    ...scored,
    text: tokenizer.decode([scored.token]),
  });
  const told = (scored: ScoredToken): ScoredText => ({
    ...withText(scored),
    alternatives: scored.alternatives.map(withText),
  });
  for await (const scored of generateScored({ ...options, tokens: encode(tokenizer, prompt) })) {
    yield* strings.add(told(scored)).parts;
    if (strings.stopped) return;
  }
  yield* strings.end();
}

function encode(tokenizer: TextTokenizer, prompt: string, number = ''): number[] {
  return Array.from(tokenizer.encode(prompt, `The prompt${number}`));
}

function joined(parts: readonly { readonly text: string }[]): string {
  return parts.map(({ text }) => text).join('');
}
