import { UserError } from '../errors.ts';

const BYTE_ORDER_MARK = '\ufeff';
const LINE_FEED = 0x0a;

/** One row of the Unicode Standard's table 3-7, Well-Formed UTF-8 Byte Sequences: a lead byte and the ranges of what must follow. */
interface Sequence {
  readonly lead: readonly [number, number];
  readonly following: readonly (readonly [number, number])[];
}

const CONTINUATION = [0x80, 0xbf] as const;

const WELL_FORMED: readonly Sequence[] = [
  { lead: [0x00, 0x7f], following: [] },
  { lead: [0xc2, 0xdf], following: [CONTINUATION] },
  { lead: [0xe0, 0xe0], following: [[0xa0, 0xbf], CONTINUATION] },
  { lead: [0xe1, 0xec], following: [CONTINUATION, CONTINUATION] },
  { lead: [0xed, 0xed], following: [[0x80, 0x9f], CONTINUATION] },
  { lead: [0xee, 0xef], following: [CONTINUATION, CONTINUATION] },
  { lead: [0xf0, 0xf0], following: [[0x90, 0xbf], CONTINUATION, CONTINUATION] },
  { lead: [0xf1, 0xf3], following: [CONTINUATION, CONTINUATION, CONTINUATION] },
  { lead: [0xf4, 0xf4], following: [[0x80, 0x8f], CONTINUATION, CONTINUATION] },
];

/**
 * The text of UTF-8 bytes, strictly: nothing is replaced or normalized, and line ends stay as they are.
 * A byte order mark at the very start is left out: it tells how the file is encoded and is not part of the text.
 * @param name what the bytes are, for errors: a file's path
 * @throws UserError when the bytes are not UTF-8 (with the place), hold no text, or are too many for one string
 */
export function decodeUtf8(bytes: Uint8Array, name: string): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw invalidUtf8(bytes, name, { cause });
  }
  if (text.startsWith(BYTE_ORDER_MARK)) text = text.slice(BYTE_ORDER_MARK.length);
  if (text === '') throw new UserError(`${name} is empty: it needs some text.`);
  return text;
}

/** Where the first byte sequence stands that is not UTF-8, counted from 0; undefined when all of it is. */
export function findInvalidUtf8(bytes: Uint8Array): number | undefined {
  let offset = 0;
  while (offset < bytes.length) {
    const length = sequenceLength(bytes, offset);
    if (length === 0) return offset;
    offset += length;
  }
  return undefined;
}

/** How many bytes the well-formed sequence at an offset has; 0 when there is none. */
function sequenceLength(bytes: Uint8Array, offset: number): number {
  const lead = bytes[offset] ?? 0;
  const sequence = WELL_FORMED.find((row) => isWithin(lead, row.lead));
  if (sequence === undefined) return 0;
  const complete = sequence.following.every((range, index) => isWithin(bytes[offset + 1 + index] ?? 0, range));
  return complete ? 1 + sequence.following.length : 0;
}

function isWithin(byte: number, [low, high]: readonly [number, number]): boolean {
  return byte >= low && byte <= high;
}

/** What was read before some bytes. */
interface Before {
  readonly bytes: number;
  readonly lines: number;
}

/**
 * What to say of bytes that are not UTF-8.
 * @param name what they are, for the message: a file's path
 */
export function invalidUtf8(
  bytes: Uint8Array,
  name: string,
  { cause, before = { bytes: 0, lines: 0 } }: { readonly cause: unknown; readonly before?: Before },
): UserError {
  const offset = findInvalidUtf8(bytes);
  if (offset === undefined) {
    return new UserError(`${name} is too long for one text (${bytes.length} bytes): split it.`, { cause });
  }
  if (before.bytes === 0 && looksLikeUtf16(bytes)) {
    return new UserError(`${name} is not UTF-8 but looks like UTF-16: convert it to UTF-8 first.`, { cause });
  }
  let line = before.lines + 1;
  for (let index = 0; index < offset; index += 1) if (bytes[index] === LINE_FEED) line += 1;
  const value = (bytes[offset] ?? 0).toString(16).toUpperCase().padStart(2, '0');
  return new UserError(
    `${name} is not valid UTF-8: the byte 0x${value} at offset ${before.bytes + offset} (line ${line}) starts no character; convert the text to UTF-8 first.`,
    { cause },
  );
}

/** UTF-16 files begin with the byte order mark in either byte order. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}
