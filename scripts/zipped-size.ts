import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

/** How many bytes a server sends for some files, each zipped by itself. */
export async function zippedSize(files: readonly string[]): Promise<number> {
  const sizes = await Promise.all(files.map(async (file) => gzipSync(await readFile(file)).length));
  return sizes.reduce((sum, size) => sum + size, 0);
}
