import { copyFile, link, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory, readFileChecked } from '../storage/atomic-file.ts';
import { appendLine } from '../storage/line-log.ts';
import { errorCode, fileError } from '../storage/system-error.ts';
import { writeInOrder } from '../storage/write-in-order.ts';
import { type FileStore, partsOf } from './file-store.ts';

/** The files in a folder of a disk. Nothing is made or held by this. */
export function diskFiles(directory: string): FileStore {
  const place = (name: string): string => join(directory, name);
  return {
    place,
    async list(folder) {
      try {
        return await readdir(place(folder));
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return [];
        throw fileError(error, 'read', place(folder));
      }
    },
    read: (name, what) => readFileChecked(place(name), what),
    async write(folder, files, between) {
      if (folder !== '') await makeDirectory(place(folder));
      await writeInOrder(place(folder), files, between);
    },
    append: (name, line) => appendLine(place(name), line),
    // Where the file system has hard links, that takes no time and no room.
    async copy(from, to) {
      await makeDirectory(place(partsOf(to)[0]));
      try {
        await rm(place(to), { force: true });
        await link(place(from), place(to)).catch(() => copyFile(place(from), place(to)));
      } catch (error) {
        throw fileError(error, 'write', place(to));
      }
    },
    remove: (name) =>
      rm(place(name), { force: true }).catch((error: unknown) => {
        throw fileError(error, 'write', place(name));
      }),
  };
}
