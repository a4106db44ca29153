import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { openByteFile } from '../storage/byte-file.ts';
import { type Tokenizer, type TokenizerKind, tokenizerBuilder, tokenizerFromText } from '../text/tokenizer.ts';
import { CharacterTokenizer, characterTokenizers } from '../text/tokenizers/characters.ts';
import type { Tokens } from '../text/tokens.ts';
import { loadCorpus } from './corpus.ts';
import { FileTokens } from './file-tokens.ts';
import { scanText } from './scan-text.ts';
import { characterIndex, indexParts } from './text-index.ts';

/** What is known of a text. */
export interface TextFacts {
  /** What to call it in reports: the file's path as it was given, or the embedded corpus's title. */
  readonly name: string;
  readonly characters: number;
  /** SHA-256 of the text's UTF-8 bytes, in hexadecimal. */
  readonly sha256: string;
}

/** A text, ready to be learned or measured on. Must be closed. */
export interface OpenedCorpus extends TextFacts {
  /** The one that was given, or one that was made for this text. */
  readonly tokenizer: Tokenizer;
  readonly tokens: Tokens;
  close(): void;
}

export interface OpenCorpusOptions {
  /** What makes tokens of the text, or the kind of which to make one for it: that of characters unless told. */
  readonly tokenizer?: Tokenizer | TokenizerKind | undefined;
  /** Asked before the text is made tokens whether it is the right one: what it throws is thrown. */
  readonly check?: (text: TextFacts) => void;
  /** Larger files stay where they are: bytes. */
  readonly largestInMemory?: number;
  /** Told now and then, while a large file is read for the first time, how many of its bytes were. */
  readonly onProgress?: (bytes: number, total: number) => void;
}

/** A text in memory takes up to 12 bytes for one of its own; beyond this it stays in its file. */
const LARGEST_IN_MEMORY = 32 * 2 ** 20;

/**
 * Opens a text: a small one, and the embedded corpus, is held in memory; a large one is read once from end to end (twice for another
 * tokenizer than one of characters), and then where ids are asked for, so that memory does not grow with it but for 8 bytes a kilobyte.
 * @param path a UTF-8 file; undefined is the embedded corpus
 * @throws UserError when it can't be read, is empty, is not UTF-8, or the tokenizer has no ids for it
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

async function inMemory(
  path: string | undefined,
  { tokenizer: given = characterTokenizers, check }: OpenCorpusOptions,
): Promise<OpenedCorpus> {
  const { name, text } = await loadCorpus(path);
  const sha256 = createHash('sha256').update(text, 'utf8').digest('hex');
  const facts = { name, characters: countCharacters(text), sha256 };
  check?.(facts);
  const tokenizer = isMade(given) ? given : tokenizerFromText(given, text);
  return { ...facts, tokenizer, tokens: tokenizer.encode(text, name), close: () => undefined };
}

async function inFile(
  path: string,
  { tokenizer: given = characterTokenizers, check, onProgress }: OpenCorpusOptions,
): Promise<OpenedCorpus> {
  const file = await openByteFile(path, 'the text');
  try {
    // Which characters there are is found out anyway.
    const builder = isMade(given) || given === characterTokenizers ? undefined : tokenizerBuilder(given);
    const told = (bytes: number): void => onProgress?.(bytes, file.size);
    const onText = builder === undefined ? undefined : (text: string): void => builder.add(text);
    const scan = await scanText(file, path, { onProgress: told, onText });
    const { characters, sha256, vocabulary, offsets } = scan;
    const facts = { name: path, characters, sha256 };
    check?.(facts);
    const tokenizer = isMade(given) ? given : (builder?.finish() ?? CharacterTokenizer.fromVocabulary(vocabulary));
    if (tokenizer.characters !== undefined) tokenizer.encode(vocabulary.join(''), path); // says what is unknown, before anything is made of it
    const index =
      tokenizer.characters === undefined
        ? await indexParts(file, tokenizer, {
            name: path,
            start: offsets[0] ?? 0,
            onProgress: told,
          })
        : characterIndex(scan);
    const tokens = new FileTokens(path, index, tokenizer);
    return { ...facts, tokenizer, tokens, close: () => tokens.close() };
  } finally {
    await file.close();
  }
}

function isMade(tokenizer: Tokenizer | TokenizerKind): tokenizer is Tokenizer {
  return 'encode' in tokenizer;
}

/** Code points: of two code units, the first is from U+D800 to U+DBFF. */
function countCharacters(text: string): number {
  let count = text.length;
  for (let index = 0; index < text.length; index += 1) if ((text.charCodeAt(index) & 0xfc00) === 0xd800) count -= 1;
  return count;
}
