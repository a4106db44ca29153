import { UserError } from '../errors.ts';

/** What was being done when the system refused; it begins the sentence and decides between two reasons for one code. */
export type FileAction = 'read' | 'write' | 'create';

const BEGINNINGS: Readonly<Record<FileAction, string>> = {
  read: 'Could not read',
  write: 'Could not write',
  create: 'Could not create the folder',
};

/** System error code → why, and what to do. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; make room or choose another folder',
  EDQUOT: 'your disk quota is used up; make room or choose another folder',
  EFBIG: 'the file is larger than is allowed there; choose another folder',
  EACCES: 'permission was denied; change its permissions or choose another place',
  EPERM: 'permission was denied; change its permissions or choose another place',
  EROFS: 'the file system is read-only; choose another folder',
  ENOTDIR: 'a part of the path is a file, not a folder; choose another path',
  EISDIR: 'it is a folder, and a file is needed; choose another path',
  EEXIST: 'there is a file of that name; choose another path',
  ENOTEMPTY: 'it is a folder with files in it; choose another path',
  ENOENT: 'its folder does not exist; create it or choose another path',
  ELOOP: 'its symbolic links go round in a circle; choose another path',
  ENAMETOOLONG: 'the name is too long; choose a shorter one',
  EMFILE: 'too many files are open; close some programs and try again',
  ENFILE: 'too many files are open; close some programs and try again',
  ETXTBSY: 'another program is using it; try again when that has ended',
  EBUSY: 'another program is using it; try again when that has ended',
  EIO: 'the disk reported an error; check it, or choose another one',
  ERR_FS_FILE_TOO_LARGE: 'it is larger than 2 GiB, more than one read takes; split it',
};

/** Codes that mean something else when reading. */
const READ_REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check the path',
  EACCES: 'permission was denied; change its permissions',
  EPERM: 'permission was denied; change its permissions',
};

/** The system's code of a thrown value, such as `ENOSPC`; undefined when it has none. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * A refusal of the system as one sentence: what could not be done, where, why, and what to do.
 * @param what what the path is, when its name does not tell: `the checkpoint`
 * @returns a UserError; the error itself when it is one already or comes from a mistake in the program
 */
export function fileError(error: unknown, action: FileAction, path: string, what?: string): unknown {
  const code = errorCode(error);
  if (error instanceof UserError || !(error instanceof Error) || code === undefined) return error;
  const reason = (action === 'read' ? READ_REASONS[code] : undefined) ?? REASONS[code];
  const subject = what === undefined ? path : `${what} ${path}`;
  return new UserError(`${BEGINNINGS[action]} ${subject}: ${reason ?? error.message} (${code}).`, { cause: error });
}
