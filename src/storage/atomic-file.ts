import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode, fileError } from './system-error.ts';

/** What a file is to hold: bytes, text (as UTF-8), or parts one after another. */
export type FileData = string | Uint8Array | Iterable<Uint8Array>;

/** A file that is whole on the disk under a temporary name. One of the two must be called. */
export interface PreparedFile {
  /** Gives it its name at once, in place of the file that had it, and makes that last through a power cut. */
  commit(): Promise<void>;
  /** Removes it; the file that has the name stays. */
  discard(): Promise<void>;
}

const TEMPORARY_NAME = /^\.(.+)\.\d+-\d+\.tmp$/;
let temporaryFiles = 0;

/** Whether a file name is one that an interrupted write may have left behind. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY_NAME.test(name);
}

/**
 * Writes a file whole or not at all: into a temporary file in the same folder, flushed to the disk, then renamed.
 * Whatever happens, the path holds the old content or the new one; when it fails, the temporary file is gone.
 * @throws UserError when the system refuses: a full disk, a folder that cannot be written, …
 */
export async function writeFileAtomic(path: string, data: FileData): Promise<void> {
  const prepared = await prepareFile(path, data);
  await prepared.commit();
}

/**
 * The first half of `writeFileAtomic`: all that can run out of room, done before the old file is touched.
 * @throws UserError when the system refuses
 */
export async function prepareFile(path: string, data: FileData): Promise<PreparedFile> {
  const folder = dirname(path);
  temporaryFiles += 1;
  const temporary = join(folder, `.${basename(path)}.${process.pid}-${temporaryFiles}.tmp`);
  const discard = (): Promise<void> => rm(temporary, { force: true });
  const guarded = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      await discard().catch(() => undefined); // the first error is the one to tell
      throw fileError(error, 'write', path);
    }
  };
  await guarded(() => writeFlushed(temporary, data));
  return {
    commit: () =>
      guarded(async () => {
        await rename(temporary, path);
        await flushFolder(folder);
      }),
    discard,
  };
}

/**
 * Reads a file whole.
 * @param what what the file is, for the error: `the text`
 * @throws UserError when it cannot be read
 */
export async function readFileChecked(path: string, what: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw fileError(error, 'read', path, what);
  }
}

/**
 * Creates a folder and those above it; one that exists already is fine.
 * @throws UserError when the system refuses
 */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await createFolders(path);
  } catch (error) {
    throw fileError(error, 'create', path);
  }
}

/** Node's own recursive mkdir reports a read-only file system as a missing folder, so the folders are made one by one. */
async function createFolders(path: string): Promise<void> {
  try {
    await createFolder(path);
  } catch (error) {
    const parent = dirname(path);
    if (errorCode(error) !== 'ENOENT' || parent === path) throw error;
    await createFolders(parent);
    await createFolder(path);
  }
}

/** Creates one folder; one that exists already is fine. */
async function createFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (!(await isFolder(path))) throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

async function writeFlushed(path: string, data: FileData): Promise<void> {
  const file = await open(path, 'wx');
  try {
    for (const part of typeof data === 'string' || data instanceof Uint8Array ? [data] : data)
      await file.writeFile(part);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes a rename last. Windows cannot open folders and some file systems cannot flush them: there it is left to the system. */
async function flushFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EOPNOTSUPP'].includes(errorCode(error) ?? '')) throw error;
  } finally {
    await handle.close();
  }
}
