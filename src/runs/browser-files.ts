import { UserError } from '../errors.ts';
import { type FileContent, type FileStore, partsOf } from './file-store.ts';

/** What TypeScript's DOM library leaves to its worker library. */
interface SyncAccessHandle {
  write(bytes: Uint8Array, options?: { readonly at?: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

type WritableHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccessHandle> };

/** Handles with a call under way. */
const asked = new Set<{ readonly handle: FileSystemHandle }>();

/**
 * Makes a call of a handle, and keeps the handle until it is answered: Chromium drops a call whose handle the garbage collector takes
 * meanwhile, and its promise then waits for ever.
 */
async function ask<Handle extends FileSystemHandle, Answer>(
  handle: Handle,
  call: (handle: Handle) => Promise<Answer>,
): Promise<Answer> {
  const kept = { handle };
  asked.add(kept);
  try {
    return await call(handle);
  } finally {
    asked.delete(kept);
  }
}

/** A folder of the browser's own file system (OPFS). @throws UserError where the browser keeps nothing @throws DOMException where it is missing */
async function folderAt(path: string, create: boolean): Promise<FileSystemDirectoryHandle> {
  const names = path.split('/').filter((name) => name !== '');
  let folder: FileSystemDirectoryHandle;
  try {
    folder = await navigator.storage.getDirectory();
  } catch (cause) {
    throw new UserError(
      'This browser keeps no files for this page (a private window, or a page that is not served by https or localhost), so a run would be lost: open the page in an ordinary window.',
      { cause },
    );
  }
  for (const name of names) folder = await ask(folder, (parent) => parent.getDirectoryHandle(name, { create }));
  return folder;
}

/** The names of the files in a folder, or of its folders; none where it is missing. */
export async function namesIn(path: string, kind: FileSystemHandleKind): Promise<readonly string[]> {
  try {
    return await ask(await folderAt(path, false), async (folder) => {
      const names: string[] = [];
      for await (const [name, entry] of folder) if (entry.kind === kind) names.push(name);
      return names;
    });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Removes a file, or a folder with all that is in it. */
export async function removeEntry(path: string): Promise<void> {
  const [parent, name] = partsOf(path);
  await ask(await folderAt(parent, false), (folder) => folder.removeEntry(name, { recursive: true }));
}

function isMissing(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotFoundError';
}

/**
 * A file that is replaced is written beside itself under its next number, `name~1` after `name`, and the one before is removed once it
 * is whole: no browser need have a way to rename. So the lowest number is the file, and those above it are what an interrupted write left.
 */
const numbered = /^(.*)~(\d+)$/;

interface Version {
  /** The name under which it is kept. */
  readonly kept: string;
  readonly name: string;
  readonly number: number;
}

function versionOf(kept: string): Version {
  const [, name = kept, number = '0'] = numbered.exec(kept) ?? [];
  return { kept, name, number: Number(number) };
}

/** The versions of a file among those that a folder has, that which counts first. */
function versionsOf(name: string, kept: readonly string[]): readonly Version[] {
  const versions = kept.map(versionOf).filter((version) => version.name === name);
  return versions.sort((one, other) => one.number - other.number);
}

/**
 * The files of a folder in the browser's own file system (OPFS). They are written in workers only: elsewhere browsers give no handles that
 * write at once.
 * @param path the folder, from the root on
 */
export function browserFiles(path: string): FileStore {
  const at = (folder: string): string => [path, folder].filter((part) => part !== '').join('/');
  const versions = async (name: string): Promise<readonly Version[]> => {
    const [folder, file] = partsOf(name);
    return versionsOf(file, await namesIn(at(folder), 'file'));
  };
  const remove = (folder: string, { kept }: Version): Promise<void> => removeEntry(`${at(folder)}/${kept}`);

  return {
    place: (name) => `${path}/${name}`,

    async list(folder) {
      return [...new Set((await namesIn(at(folder), 'file')).map((kept) => versionOf(kept).name))];
    },

    async read(name, what) {
      const [folder] = partsOf(name);
      // A writer may put another in its place between two calls; what is gone after several is gone.
      for (let left = 5; ; left--) {
        const [current] = await versions(name);
        if (current === undefined) break;
        try {
          return await contentOf(`${at(folder)}/${current.kept}`);
        } catch (error) {
          if (!(error instanceof DOMException) || left === 0) throw error;
        }
      }
      throw new UserError(
        `Could not read ${what} ${path}/${name}: this browser keeps no such file; it may have been deleted in another tab.`,
      );
    },

    async write(folder, files, between) {
      const there = await namesIn(at(folder), 'file');
      const made: Version[] = [];
      const before: Version[] = [];
      try {
        for (const [name, content] of files) {
          const [current, ...unfinished] = versionsOf(name, there);
          for (const version of unfinished) await remove(folder, version);
          const number = current === undefined ? 0 : current.number + 1;
          const next = versionOf(number === 0 ? name : `${name}~${number}`);
          made.push(next);
          if (current !== undefined) before.push(current);
          await replace(`${at(folder)}/${next.kept}`, content);
        }
        await between?.();
      } catch (error) {
        for (const version of made) await remove(folder, version).catch(() => undefined); // the first error is the one to tell
        throw error;
      }
      for (const version of before) await remove(folder, version);
    },

    async append(name, line) {
      const [folder, file] = partsOf(name);
      const [current = versionOf(file)] = await versions(name);
      await withFile(`${at(folder)}/${current.kept}`, (handle) => {
        const size = handle.getSize();
        try {
          writeAt(handle, new TextEncoder().encode(`${line}\n`), size);
        } catch (error) {
          handle.truncate(size);
          throw error;
        }
      });
    },

    async copy(from, to) {
      await replace(at(to), await this.read(from, 'the file'));
    },

    async remove(name) {
      const [folder] = partsOf(name);
      for (const version of await versions(name)) await remove(folder, version);
    },
  };
}

async function contentOf(path: string): Promise<Uint8Array> {
  const [parent, name] = partsOf(path);
  const handle = await ask(await folderAt(parent, false), (folder) => folder.getFileHandle(name));
  const file = await ask(handle, (asked) => asked.getFile());
  return new Uint8Array(await file.arrayBuffer());
}

/** Writes a file from its beginning on; it is whole when this is done. */
function replace(path: string, content: FileContent): Promise<void> {
  const parts = typeof content === 'string' || content instanceof Uint8Array ? [content] : content;
  return withFile(path, (handle) => {
    let position = 0;
    for (const part of parts) {
      position += writeAt(handle, typeof part === 'string' ? new TextEncoder().encode(part) : part, position);
    }
    handle.truncate(position);
  });
}

/** A write may take less than all of it where the room ends. @throws DOMException then */
function writeAt(handle: SyncAccessHandle, bytes: Uint8Array, at: number): number {
  const taken = handle.write(bytes, { at });
  if (taken !== bytes.length) throw new DOMException('no more room', 'QuotaExceededError');
  return taken;
}

/** Calls `act` with a handle that writes at once, flushed and closed after it. */
async function withFile(path: string, act: (file: SyncAccessHandle) => void): Promise<void> {
  const [parent, name] = partsOf(path);
  const handle = await ask(await folderAt(parent, true), (folder) => folder.getFileHandle(name, { create: true }));
  const file = await ask(handle as WritableHandle, (writable) => writable.createSyncAccessHandle());
  try {
    act(file);
    file.flush();
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'QuotaExceededError') {
      throw new UserError(
        'The browser has no more room for this page: export runs and delete them, or free some of the disk.',
        { cause },
      );
    }
    throw cause;
  } finally {
    file.close();
  }
}
