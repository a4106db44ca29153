import { open } from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { errorCode, fileError } from './system-error.ts';

/** More than this is not asked of the system at once: it reads at most 2 GiB. */
const BYTES_AT_ONCE = 2 ** 30;

/** A file that is read a part at a time. It must be closed. */
export interface ByteFile {
  /** How many bytes it had when it was opened. */
  readonly size: number;
  /** The bytes from `begin` up to `end`, exclusive; fewer when the file has become shorter. @throws UserError when the system refuses */
  read(begin: number, end: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a file to read parts of it; nothing of it is read yet.
 * @param what what the file is, for the error: `the weights`
 * @throws UserError when it is not there or can't be opened, or is a folder
 */
export async function openByteFile(path: string, what: string): Promise<ByteFile> {
  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (error) {
      throw fileError(error, 'read', path, what);
    }
  };
  const file = await guarded(() => open(path, 'r'));
  const close = (): Promise<void> => guarded(() => file.close());
  const read = (begin: number, end: number): Promise<Uint8Array> =>
    guarded(async () => {
      const bytes = new Uint8Array(end - begin);
      let filled = 0;
      while (filled < bytes.length) {
        const length = Math.min(BYTES_AT_ONCE, bytes.length - filled);
        const { bytesRead } = await file.read(bytes, filled, length, begin + filled);
        if (bytesRead === 0) return bytes.subarray(0, filled);
        filled += bytesRead;
      }
      return bytes;
    });
  try {
    const stats = await guarded(() => file.stat());
    if (!stats.isFile()) await read(0, 1); // a folder says so when it is read
    return { size: stats.size, read, close };
  } catch (error) {
    await close().catch(() => undefined); // the first error is the one to tell
    throw error;
  }
}

/**
 * The same for a file that may be missing.
 * @returns undefined when there is no such file
 * @throws UserError when it can't be opened, or is a folder
 */
export async function openByteFileIfThere(path: string, what: string): Promise<ByteFile | undefined> {
  try {
    return await openByteFile(path, what);
  } catch (error) {
    if (error instanceof UserError && errorCode(error.cause) === 'ENOENT') return undefined;
    throw error;
  }
}
