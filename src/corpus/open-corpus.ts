import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { openByteFile } from '../storage/byte-file.ts';
import { CharacterTokenizer } from '../text/tokenizer.ts';
import type { Tokens } from '../text/tokens.ts';
import { loadCorpus } from './corpus.ts';
import { FileTokens } from './file-tokens.ts';
import { scanText } from './scan-text.ts';

/** A text, ready to be learned or measured on. Must be closed. */
export interface OpenedCorpus {
  /** What to call it in reports: the file's path as it was given, or the embedded corpus's title. */
  readonly name: string;
  readonly characters: number;
  /** SHA-256 of the text's UTF-8 bytes, in hexadecimal. */
  readonly sha256: string;
  /** Of the vocabulary asked for, or of the text's own characters. */
  readonly tokenizer: CharacterTokenizer;
  readonly tokens: Tokens;
  close(): void;
}

export interface OpenCorpusOptions {
  /** The characters that ids stand for; unset, those that occur. */
  readonly vocabulary?: readonly string[];
  /** Larger files stay where they are: bytes. */
  readonly largestInMemory?: number;
  /** Told now and then, while a large file is read for the first time, how many of its bytes were. */
  readonly onProgress?: (bytes: number, total: number) => void;
}

/** A text in memory takes up to 12 bytes for one of its own; beyond this it stays in its file. */
const LARGEST_IN_MEMORY = 32 * 2 ** 20;

/**
 * Opens a text: a small one, and the embedded corpus, is held in memory; a large one is read once from end to end, and then where ids
 * are asked for, so that memory does not grow with it but for 8 bytes a kilobyte.
 * @param path a UTF-8 file; undefined is the embedded corpus
 * @throws UserError when it can't be read, is empty, is not UTF-8, or has characters that the vocabulary lacks
 */
export async function openCorpus(path?: string, options: OpenCorpusOptions = {}): Promise<OpenedCorpus> {
  const { largestInMemory = LARGEST_IN_MEMORY } = options;
  return path !== undefined && isLarge(path, largestInMemory) ? inFile(path, options) : inMemory(path, options);
}

/** Pipes and devices have no size: they can be read only once. */
function isLarge(path: string, limit: number): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true && stats.size > limit;
}

async function inMemory(path: string | undefined, { vocabulary }: OpenCorpusOptions): Promise<OpenedCorpus> {
  const { name, text } = await loadCorpus(path);
  const tokenizer =
    vocabulary === undefined ? CharacterTokenizer.fromText(text) : CharacterTokenizer.fromVocabulary(vocabulary);
  const tokens = tokenizer.encode(text, name);
  const sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
  return { name, characters: tokens.length, sha256, tokenizer, tokens, close: () => undefined };
}

async function inFile(path: string, { vocabulary, onProgress }: OpenCorpusOptions): Promise<OpenedCorpus> {
  const file = await openByteFile(path, 'the text');
  try {
    const scan = await scanText(file, path, (bytes) => onProgress?.(bytes, file.size));
    const tokenizer = CharacterTokenizer.fromVocabulary(vocabulary ?? scan.vocabulary);
    tokenizer.encode(scan.vocabulary.join(''), path); // says what is unknown, before anything is made of it
    const tokens = new FileTokens(path, scan, tokenizer);
    const { characters, sha256 } = scan;
    return { name: path, characters, sha256, tokenizer, tokens, close: () => tokens.close() };
  } finally {
    await file.close();
  }
}
