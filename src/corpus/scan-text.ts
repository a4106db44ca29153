import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import type { ByteFile } from '../storage/byte-file.ts';
import { invalidUtf8 } from '../text/utf8.ts';

/** What one reading of a text file from end to end finds out. */
export interface TextScan {
  /** Characters (code points). */
  readonly characters: number;
  /** Which there are, in code point order. */
  readonly vocabulary: readonly string[];
  /** SHA-256 of the text's UTF-8 bytes, in hexadecimal. */
  readonly sha256: string;
  /** Where every `stride`-th character begins, in bytes from the start of the file, and where the last one ends. */
  readonly offsets: Float64Array;
  readonly stride: number;
}

/** Characters between two entries of the index: 8 bytes of memory for about a kilobyte of text. */
const STRIDE = 1024;
/** How much of a file is read at once. */
export const CHUNK_BYTES = 4 * 2 ** 20;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const CODE_POINTS = 0x110000;

/** Who is told while a text is scanned. */
interface ScanListener {
  /** Told after each chunk how many bytes were read. */
  readonly onProgress?: (bytes: number) => void;
  /** Told the text, chunk by chunk. */
  readonly onText?: ((text: string) => void) | undefined;
}

/**
 * Reads a UTF-8 file once, a chunk at a time, whatever its size. A byte order mark at the very start is no part of the text.
 * @param name what to call it in errors
 * @throws UserError when it is not UTF-8 (with the place), or holds no text
 */
export async function scanText(
  file: ByteFile,
  name: string,
  { onProgress, onText }: ScanListener = {},
): Promise<TextScan> {
  const scanner = new Scanner(name, onText);
  const start = hasMark(await file.read(0, BYTE_ORDER_MARK.length)) ? BYTE_ORDER_MARK.length : 0;
  let position = start;
  while (position < file.size) {
    const bytes = await file.read(position, Math.min(position + CHUNK_BYTES, file.size));
    if (bytes.length === 0)
      throw new UserError(`${name} became shorter while it was read: try again when nobody writes to it.`);
    const whole = bytes.subarray(0, wholeCharacters(bytes, position + bytes.length === file.size));
    scanner.take(whole, position);
    position += whole.length;
    onProgress?.(position);
  }
  return scanner.result(position);
}

function hasMark(bytes: Uint8Array): boolean {
  return BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte);
}

/** How many of the bytes belong to characters that end in them; at the end of the file whatever is left counts. */
function wholeCharacters(bytes: Uint8Array, last: boolean): number {
  if (last) return bytes.length;
  for (let back = 1; back <= 3 && back <= bytes.length; back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) break; // a character of its own
    if (byte >= 0xc0) return sequenceLength(byte) > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xe0) return 2;
  return lead < 0xf0 ? 3 : 4;
}

class Scanner {
  readonly #name: string;
  readonly #hash = createHash('sha256');
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #seen = new Uint8Array(CODE_POINTS);
  #offsets = new Float64Array(1024);
  #entries = 0;
  #characters = 0;
  #untilEntry = 0;
  #lines = 0;
  readonly #onText: ScanListener['onText'];

  constructor(name: string, onText: ScanListener['onText']) {
    this.#name = name;
    this.#onText = onText;
  }

  /** Takes the next bytes, which begin and end at the borders of characters. */
  take(bytes: Uint8Array, position: number): void {
    const text = this.#decoded(bytes, position); // which checks, natively
    this.#onText?.(text);
    this.#hash.update(bytes);
    const seen = this.#seen;
    let [characters, untilEntry, lines] = [0, this.#untilEntry, 0];
    for (let index = 0; index < bytes.length; ) {
      if (untilEntry === 0) {
        this.#addOffset(position + index);
        untilEntry = STRIDE;
      }
      untilEntry -= 1;
      characters += 1;
      const lead = bytes[index] as number;
      if (lead < 0x80) {
        seen[lead] = 1;
        if (lead === 0x0a) lines += 1;
        index += 1;
      } else {
        const length = sequenceLength(lead);
        seen[codePointAt(bytes, index, length)] = 1;
        index += length;
      }
    }
    this.#characters += characters;
    this.#untilEntry = untilEntry;
    this.#lines += lines;
  }

  result(end: number): TextScan {
    if (this.#characters === 0) throw new UserError(`${this.#name} is empty: it needs some text.`);
    this.#addOffset(end);
    const codePoints = [...this.#seen.keys()].filter((codePoint) => this.#seen[codePoint] === 1);
    return {
      characters: this.#characters,
      vocabulary: codePoints.map((codePoint) => String.fromCodePoint(codePoint)),
      sha256: this.#hash.digest('hex'),
      offsets: this.#offsets.slice(0, this.#entries),
      stride: STRIDE,
    };
  }

  #decoded(bytes: Uint8Array, position: number): string {
    try {
      return this.#decoder.decode(bytes);
    } catch (cause) {
      throw invalidUtf8(bytes, this.#name, { cause, before: { bytes: position, lines: this.#lines } });
    }
  }

  #addOffset(offset: number): void {
    if (this.#entries === this.#offsets.length) {
      const larger = new Float64Array(2 * this.#entries);
      larger.set(this.#offsets);
      this.#offsets = larger;
    }
    this.#offsets[this.#entries++] = offset;
  }
}

/** The code point of a well-formed sequence. */
function codePointAt(bytes: Uint8Array, index: number, length: number): number {
  let codePoint = (bytes[index] as number) & (0xff >> (length + 1));
  for (let next = 1; next < length; next += 1) codePoint = (codePoint << 6) | ((bytes[index + next] as number) & 0x3f);
  return codePoint;
}
