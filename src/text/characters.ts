/** How characters are named in messages, and which code units are no characters. */

/** A code unit from U+D800 to U+DFFF that is not part of a pair: half a character, which no UTF-8 file can hold. */
export const LONE_SURROGATE: RegExp = /\p{Surrogate}/u;

/** Characters that show as themselves: letters, numbers, punctuation, symbols, the space. Marks, controls and unassigned ones do not. */
const PRINTABLE = /^[\p{L}\p{N}\p{P}\p{S} ]$/u;

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\0': '\\0', '"': '\\"' };

/** `"é" (U+00E9)`: a character as a message names it; one that does not print is shown by its escape or its code point alone. */
export function describeCharacter(character: string): string {
  const code = `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  const shown = ESCAPES[character] ?? (PRINTABLE.test(character) ? character : undefined);
  return shown === undefined ? code : `"${shown}" (${code})`;
}
