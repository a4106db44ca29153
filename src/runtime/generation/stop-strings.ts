import { UserError } from '../../errors.ts';

/** A part of a text, such as one token of it. */
export interface TextPart {
  readonly text: string;
}

/**
 * Ends a text before the first of some strings, however the text is split into parts: a part is held back as long as it may be
 * the beginning of a stop string, so that no part of one is ever given out. The string that ends first counts; of those that end together
 * the one that begins first.
 */
export class StopStrings<Part extends TextPart> {
  readonly #strings: readonly string[];
  #held: Part[] = [];
  #stopped = false;

  /** @throws UserError for an empty string, which would stop every text before it begins */
  constructor(strings: readonly string[]) {
    const empty = strings.indexOf('');
    if (empty >= 0) throw new UserError('A stop string is empty: give at least one character.', { exitCode: 2 });
    this.#strings = strings;
  }

  /** Whether a stop string has come: there is no more text. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /**
   * Adds a part to the text.
   * @returns the parts that are certain now, in order. A part in which a stop string begins is left out with it; what stands before the
   *   string in the same part is `rest`.
   */
  add(part: Part): { readonly parts: readonly Part[]; readonly rest: string } {
    if (this.#stopped) return { parts: [], rest: '' };
    this.#held.push(part);
    const text = this.#held.map((held) => held.text).join('');
    const stop = this.#firstStop(text, text.length - part.text.length);
    this.#stopped = stop !== undefined;
    const certain = stop ?? text.length - this.#beginningAtEnd(text);
    let end = 0;
    let count = 0;
    for (const held of this.#held) {
      if (end + held.text.length > certain) break;
      end += held.text.length;
      count += 1;
    }
    const parts = this.#held.splice(0, count);
    if (!this.#stopped) return { parts, rest: '' };
    this.#held = [];
    return { parts, rest: text.slice(end, certain) };
  }

  /** The text ends here by itself. @returns the parts that were held back */
  end(): readonly Part[] {
    return this.#held.splice(0);
  }

  /** Where the stop string begins that comes first. @param known how much of the text was looked through before */
  #firstStop(text: string, known: number): number | undefined {
    let first: { readonly start: number; readonly end: number } | undefined;
    for (const string of this.#strings) {
      const start = text.indexOf(string, Math.max(0, known - string.length + 1));
      const end = start + string.length;
      if (start < 0) continue;
      if (first === undefined || end < first.end || (end === first.end && start < first.start)) first = { start, end };
    }
    return first?.start;
  }

  /** The length of the longest end of the text that may be the beginning of a stop string. */
  #beginningAtEnd(text: string): number {
    let longest = 0;
    for (const string of this.#strings) {
      for (let length = Math.min(string.length - 1, text.length); length > longest; length -= 1) {
        if (text.endsWith(string.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}
