import { closeSync, openSync, readSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { fileError } from '../storage/system-error.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import type { Tokens } from '../text/tokens.ts';
import type { TextIndex } from './text-index.ts';

/**
 * The ids of a text that stays in its file: what is asked for is read, decoded and encoded then and there, and the system keeps in
 * memory what is read often. Must be closed.
 */
export class FileTokens implements Tokens {
  readonly length: number;
  readonly #path: string;
  readonly #index: TextIndex;
  readonly #tokenizer: Pick<Tokenizer, 'encode'>;
  readonly #file: number;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #buffer = new Uint8Array(0);

  /** @throws UserError when the file can't be opened */
  constructor(path: string, index: TextIndex, tokenizer: Pick<Tokenizer, 'encode'>) {
    this.#path = path;
    this.#index = index;
    this.#tokenizer = tokenizer;
    this.length = index.length;
    try {
      this.#file = openSync(path, 'r');
    } catch (error) {
      throw fileError(error, 'read', path, 'the text');
    }
  }

  /** @throws UserError when the file can't be read any more, or is no longer what it was */
  subarray(begin: number, end: number): Int32Array {
    const index = this.#index;
    const last = Math.min(end, this.length);
    if (begin >= last) return new Int32Array(0);
    const [firstPart, lastPart] = [index.partOf(begin), index.partOf(last - 1)];
    const first = index.firstToken(firstPart);
    const bytes = this.#read(this.#offset(firstPart), this.#offset(lastPart + 1));
    if (firstPart === lastPart) return this.#encoded(bytes, firstPart).subarray(begin - first, last - first);
    const ids = new Int32Array(index.firstToken(lastPart + 1) - first);
    for (let part = firstPart; part <= lastPart; part += 1) {
      const [from, to] = [part, part + 1].map((place) => this.#offset(place) - this.#offset(firstPart));
      ids.set(this.#encoded(bytes.subarray(from, to), part), index.firstToken(part) - first);
    }
    return ids.subarray(begin - first, last - first);
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

  #offset(part: number): number {
    return this.#index.offsets[part] ?? 0;
  }

  /** The ids of a part, which are as many as they were. */
  #encoded(bytes: Uint8Array, part: number): Int32Array {
    let ids: Int32Array;
    try {
      ids = this.#tokenizer.encode(this.#decoder.decode(bytes));
    } catch (cause) {
      throw this.#changed(cause);
    }
    if (ids.length !== this.#index.firstToken(part + 1) - this.#index.firstToken(part)) throw this.#changed();
    return ids;
  }

  #changed(cause?: unknown): UserError {
    return new UserError(
      `${this.#path} has been changed since it was opened: leave a text as it is while it is being read, and start again.`,
      { cause },
    );
  }
}
