/** The ids of a text, wherever they are: an Int32Array, or a file that is read where it is asked for. */
export interface Tokens {
  readonly length: number;
  /** The ids from `begin` (inclusive) to `end` (exclusive). */
  subarray(begin: number, end: number): Int32Array;
}

/** A part of a text's tokens: a view, not a copy. */
export function partOf(tokens: Tokens, begin: number, end: number): Tokens {
  if (tokens instanceof Int32Array) return tokens.subarray(begin, end);
  return {
    length: end - begin,
    subarray: (from, to) => tokens.subarray(begin + from, begin + Math.min(to, end - begin)),
  };
}
