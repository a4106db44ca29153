import { CharacterTokenizer, UserError } from '../../../src/index.ts';
import { decodeUtf8, splitTokens, type TokenSplit } from '../../../src/parts.ts';
import { addressOf } from '../engine/address.ts';
import { bytesOf } from '../models/files.ts';
import type { TrainingText } from './protocol.ts';

/** A text, read. */
export interface ReadText {
  readonly name: string;
  readonly tokenizer: CharacterTokenizer;
  readonly tokens: Int32Array;
  readonly characters: number;
  /** SHA-256 of its UTF-8 bytes, in hexadecimal. */
  readonly sha256: string;
  /** Its UTF-8 bytes, without a byte order mark. */
  readonly bytes: Uint8Array;
}

const embeddedFile = 'moby-dick.txt';

/** What the embedded corpus is called. */
export const embeddedName = 'Moby-Dick';

/**
 * Reads a text and makes it tokens.
 * @throws UserError when it is no UTF-8, is empty, or can't be fetched
 */
export async function readText(text: TrainingText): Promise<ReadText> {
  const name = text.kind === 'embedded' ? embeddedName : text.name;
  const given = text.kind === 'embedded' ? await fetchEmbedded() : await bytesOf(text.text, name);
  const decoded = decodeUtf8(given, name);
  const tokenizer = CharacterTokenizer.fromText(decoded);
  const bytes = hasMark(given) ? given.subarray(3) : given;
  const tokens = Int32Array.from(tokenizer.encode(decoded));
  return { name, tokenizer, tokens, characters: tokens.length, sha256: await sha256(bytes), bytes };
}

/** The two parts of a text, for blocks of a size. @throws UserError when it is too short */
export function splitFor({ tokens }: ReadText, block: number): TokenSplit {
  return splitTokens(tokens, { block, unit: 'character' });
}

async function fetchEmbedded(): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(addressOf(embeddedFile)).catch(() => undefined);
  if (response?.ok !== true) {
    throw new UserError('The embedded text could not be fetched: is the network there? Or paste a text of your own.');
  }
  return new Uint8Array(await response.arrayBuffer());
}

function hasMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (globalThis.crypto?.subtle === undefined) {
    throw new UserError(
      'Training needs a page that is served by https or from localhost: the browser has no checksums here.',
    );
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
