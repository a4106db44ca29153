import { UserError } from '../errors.ts';
import { partOf, type Tokens } from './tokens.ts';

/** The two parts of a text's tokens: views of it, not copies. */
export interface TokenSplit<Part extends Tokens = Tokens> {
  /** The beginning: what the model learns from. */
  readonly training: Part;
  /** The rest: what it is judged by. */
  readonly validation: Part;
}

export interface SplitOptions {
  /** Which share of the tokens is for training, between 0 and 1: 0.9 when not given. */
  readonly trainingShare?: number;
  /** When given, both parts must have room for one block and its targets. */
  readonly block?: number;
  /** What a token is called in errors: a token unless told. */
  readonly unit?: 'character' | 'token';
}

/**
 * Cuts tokens in two: the first ⌊share · length⌋ for training (the lecture's `int(0.9 * len(data))`), the rest for validation.
 * @throws UserError when the share is not between 0 and 1, or a part is too short for a block
 */
export function splitTokens(tokens: Int32Array, options?: SplitOptions): TokenSplit<Int32Array>;
export function splitTokens(tokens: Tokens, options?: SplitOptions): TokenSplit;
export function splitTokens(
  tokens: Tokens,
  { trainingShare = 0.9, block, unit = 'token' }: SplitOptions = {},
): TokenSplit {
  if (!(trainingShare > 0 && trainingShare < 1)) {
    throw new UserError(`The training share is ${trainingShare}; it must be between 0 and 1, such as 0.9.`);
  }
  const cut = Math.floor(trainingShare * tokens.length);
  const split = { training: partOf(tokens, 0, cut), validation: partOf(tokens, cut, tokens.length) };
  if (block !== undefined) requireRoom(split, tokens.length, { trainingShare, block, unit });
  return split;
}

/**
 * Refuses a part of the text with no room for one block and its targets, which stand one place further.
 * @param what what the tokens are, to begin the sentence: `The validation part`
 * @throws UserError that says the length, what is needed and what to do
 */
export function requireBlock(tokens: Tokens, block: number, what: string): void {
  if (tokens.length > block) return;
  const shorter = tokens.length > 1 ? `a block size of at most ${tokens.length - 1} (--block) or ` : '';
  throw new UserError(
    `${what} has ${tokens.length} tokens; a block size of ${block} needs at least ${block + 1}: use ${shorter}a longer text.`,
  );
}

function requireRoom(
  { training, validation }: TokenSplit,
  length: number,
  { trainingShare, block, unit }: Required<SplitOptions>,
): void {
  const shortest = Math.min(training.length, validation.length);
  if (shortest > block) return;
  const shorter = shortest > 1 ? `a block size of at most ${shortest - 1} (--block) or ` : '';
  throw new UserError(
    `The text has ${length} ${unit}s, ${training.length} for training and ${validation.length} for validation; ` +
      `a block size of ${block} needs at least ${block + 1} in each: ` +
      `use ${shorter}a text of at least ${neededLength(trainingShare, block)} ${unit}s.`,
  );
}

/** The shortest text whose two parts both have room for a block and its targets. */
function neededLength(trainingShare: number, block: number): number {
  let length = Math.max(2, Math.floor((block + 1) / Math.max(trainingShare, 1 - trainingShare)));
  const isEnough = (): boolean => {
    const cut = Math.floor(trainingShare * length);
    return cut > block && length - cut > block;
  };
  while (!isEnough()) length += 1;
  return length;
}
