import type { TokenDecoder, Tokenizer } from '../../text/tokenizer.ts';
import { StopStrings, type TextPart } from './stop-strings.ts';

/** A text that grows by tokens: it lets out what is certain, whole characters that belong to no stop string. */
export class TextRow {
  readonly #tokenizer: Tokenizer;
  readonly #decoder: TokenDecoder;
  readonly #strings: StopStrings<TextPart>;
  #ended = false;

  /** @throws UserError for an empty stop string */
  constructor(tokenizer: Tokenizer, stop: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#decoder = tokenizer.decoder();
    this.#strings = new StopStrings(stop);
  }

  /** Whether the text has come to a stop string, or to the token that ends a text. */
  get ended(): boolean {
    return this.#ended || this.#strings.stopped;
  }

  /** Adds a token. @returns the text that is certain now, after what was before */
  push(token: number): string {
    this.#ended = isEnd(this.#tokenizer, token);
    return this.#ended ? '' : this.#add(this.#decoder.push(token));
  }

  /** There are no more tokens. @returns the rest of the text */
  end(): string {
    if (this.#strings.stopped) return '';
    return this.#add(this.#decoder.end()) + joined(this.#strings.end());
  }

  #add(text: string): string {
    const { parts, rest } = this.#strings.add({ text });
    return joined(parts) + rest;
  }
}

/** Whether a token is where a text ends. */
export function isEnd({ specialTokens }: Tokenizer, token: number): boolean {
  const end = specialTokens?.eos_token_id;
  return typeof end === 'object' ? end?.includes(token) === true : end === token;
}

function joined(parts: readonly TextPart[]): string {
  return parts.map(({ text }) => text).join('');
}
