import { closeSync, openSync, readSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { fileError } from '../storage/system-error.ts';
import type { CharacterTokenizer } from '../text/tokenizer.ts';
import type { Tokens } from '../text/tokens.ts';
import type { TextScan } from './scan-text.ts';

/**
 * The ids of a text that stays in its file: what is asked for is read, decoded and encoded then and there, and the system keeps in
 * memory what is read often. Must be closed.
 */
export class FileTokens implements Tokens {
  readonly length: number;
  readonly #path: string;
  readonly #scan: TextScan;
  readonly #tokenizer: CharacterTokenizer;
  readonly #file: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #buffer = new Uint8Array(0);

  /** @throws UserError when the file can't be opened */
  constructor(path: string, scan: TextScan, tokenizer: CharacterTokenizer) {
    this.#path = path;
    this.#scan = scan;
    this.#tokenizer = tokenizer;
    this.length = scan.characters;
    try {
      this.#file = openSync(path, 'r');
    } catch (error) {
      throw fileError(error, 'read', path, 'the text');
    }
  }

  /** @throws UserError when the file can't be read any more, or is no longer what it was */
  subarray(begin: number, end: number): Int32Array {
    const { offsets, stride } = this.#scan;
    const last = Math.min(end, this.length);
    if (begin >= last) return new Int32Array(0);
    const entry = Math.floor(begin / stride);
    const from = offsets[entry] ?? 0;
    const to = offsets[Math.ceil(last / stride)] ?? offsets.at(-1) ?? 0;
    const text = this.#decoded(this.#read(from, to));
    const ids = this.#encoded(text);
    return ids.subarray(begin - entry * stride, last - entry * stride);
  }

  close(): void {
    closeSync(this.#file);
  }

  #read(from: number, to: number): Uint8Array {
    const length = to - from;
    if (this.#buffer.length < length) this.#buffer = new Uint8Array(length);
    let filled = 0;
    try {
      while (filled < length) {
        const read = readSync(this.#file, this.#buffer, filled, length - filled, from + filled);
        if (read === 0) throw this.#changed();
        filled += read;
      }
    } catch (error) {
      throw error instanceof UserError ? error : fileError(error, 'read', this.#path, 'the text');
    }
    return this.#buffer.subarray(0, length);
  }

  #decoded(bytes: Uint8Array): string {
    try {
      return this.#decoder.decode(bytes);
    } catch (cause) {
      throw this.#changed(cause);
    }
  }

  #encoded(text: string): Int32Array {
    try {
      return this.#tokenizer.encode(text);
    } catch (cause) {
      throw this.#changed(cause);
    }
  }

  #changed(cause?: unknown): UserError {
    return new UserError(
      `${this.#path} has been changed since it was opened: leave a text as it is while it is being read, and start again.`,
      { cause },
    );
  }
}
