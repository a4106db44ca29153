import { UserError } from '../errors.ts';
import type { ByteFile } from '../storage/byte-file.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { CHUNK_BYTES, type TextScan } from './scan-text.ts';

/** Where the tokens of a text are in its file: it is cut into parts, each of which is made tokens by itself. */
export interface TextIndex {
  /** How many tokens there are. */
  readonly length: number;
  /** Where each part begins, in bytes from the start of the file, and where the last one ends. */
  readonly offsets: ArrayLike<number>;
  /** The place of a part's first token. */
  firstToken(part: number): number;
  /** The part that a token is in. */
  partOf(token: number): number;
}

/** The index of a text whose tokens are its characters: parts of as many each. */
export function characterIndex({ characters, offsets, stride }: TextScan): TextIndex {
  return {
    length: characters,
    offsets,
    firstToken: (part) => Math.min(part * stride, characters),
    partOf: (token) => Math.floor(token / stride),
  };
}

/** Bytes of a part: what is read and made tokens for a block, beside the block itself. */
const PART_BYTES = 4096;
const LINE_FEED = 0x0a;

interface IndexOptions {
  /** What to call the file in errors. */
  readonly name: string;
  /** Where the text begins, in bytes. */
  readonly start: number;
  readonly onProgress: (bytes: number) => void;
}

/**
 * The index for any other tokenizer: parts of a few kilobytes, cut after line ends where there are any. The file is read once more.
 * @throws UserError when the tokenizer has no ids for the text
 */
export async function indexParts(
  file: ByteFile,
  tokenizer: Tokenizer,
  { name, start, onProgress }: IndexOptions,
): Promise<TextIndex> {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const offsets: number[] = [];
  const firstTokens: number[] = [];
  let length = 0;
  let position = start;
  while (position < file.size) {
    const bytes = await file.read(position, Math.min(position + CHUNK_BYTES, file.size));
    const last = position + bytes.length === file.size;
    let begin = 0;
    for (let end = partEnd(bytes, begin, last); end > begin; end = partEnd(bytes, begin, last)) {
      offsets.push(position + begin);
      firstTokens.push(length);
      length += tokenizer.encode(decoder.decode(bytes.subarray(begin, end)), name).length;
      begin = end;
    }
    if (begin === 0)
      throw new UserError(`${name} became shorter while it was read: try again when nobody writes to it.`);
    position += begin;
    onProgress(position);
  }
  offsets.push(position);
  firstTokens.push(length);
  return {
    length,
    offsets,
    firstToken: (part) => firstTokens[part] ?? length,
    partOf: (token) => lastAtMost(firstTokens, token),
  };
}

/** Where the part that begins somewhere ends; there as well when that is not among these bytes. */
function partEnd(bytes: Uint8Array, begin: number, last: boolean): number {
  const most = begin + PART_BYTES;
  if (most >= bytes.length) return last ? bytes.length : begin;
  const line = bytes.lastIndexOf(LINE_FEED, most - 1) + 1;
  if (line > begin) return line;
  let end = most;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1; // within a character
  return end;
}

/** The last of rising numbers that is not above another one. */
function lastAtMost(numbers: readonly number[], most: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numbers[middle] ?? 0) <= most) low = middle;
    else high = middle - 1;
  }
  return low;
}
