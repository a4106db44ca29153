/** What moves the cursor or changes colours in a terminal, and what breaks lines. */
const CONTROL = /\p{Control}/gu;

/** A text from a file as a terminal may have it: control characters by their numbers. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
