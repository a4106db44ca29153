/** Characters that move the cursor, change colours or break lines in a terminal. */
const controlCharacters = /\p{Control}/gu;

/** Makes a text from a file safe to print: control characters are replaced by their codes. */
export function printable(text: string): string {
  return text.replace(controlCharacters, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
