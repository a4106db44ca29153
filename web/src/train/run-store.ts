import { UserError } from '../../../src/index.ts';

/**
 * Files of runs in the browser's own file system (OPFS): /runs/{id}/{name}. Handles that write at once are to be had in workers only.
 * Two tabs never write one run: see `holdRun`.
 */

/** What TypeScript's DOM library leaves to its worker library. */
interface SyncAccessHandle {
  write(bytes: Uint8Array, options?: { readonly at?: number }): number;
  truncate(size: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

type WritableHandle = FileSystemFileHandle & { createSyncAccessHandle(): Promise<SyncAccessHandle> };

const folderName = 'runs';

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

/** The folder of all runs. @throws UserError where the browser keeps nothing */
async function runsFolder(): Promise<FileSystemDirectoryHandle> {
  try {
    const root = await navigator.storage.getDirectory();
    return await ask(root, (folder) => folder.getDirectoryHandle(folderName, { create: true }));
  } catch (cause) {
    throw new UserError(
      'This browser keeps no files for this page (a private window, or a page that is not served by https or localhost), so a run would be lost: open the page in an ordinary window.',
      { cause },
    );
  }
}

/** The ids of all runs. */
export async function runIds(): Promise<readonly string[]> {
  return ask(await runsFolder(), async (folder) => {
    const ids: string[] = [];
    for await (const [name, { kind }] of folder) if (kind === 'directory') ids.push(name);
    return ids;
  });
}

async function runFolder(id: string, create = false): Promise<FileSystemDirectoryHandle> {
  return ask(await runsFolder(), (folder) => folder.getDirectoryHandle(id, { create }));
}

/** A file of a run; undefined when there is none. */
export async function readRunFile(id: string, name: string): Promise<File | undefined> {
  try {
    const handle = await ask(await runFolder(id), (folder) => folder.getFileHandle(name));
    return await ask(handle, (file) => file.getFile());
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
    throw error;
  }
}

/** The text of a file of a run; undefined when there is none. */
export async function readRunText(id: string, name: string): Promise<string | undefined> {
  return (await readRunFile(id, name))?.text();
}

/** Calls `act` with a handle that writes at once, flushed and closed after it. */
async function withFile(id: string, name: string, act: (file: SyncAccessHandle) => void): Promise<void> {
  const handle = await ask(await runFolder(id, true), (folder) => folder.getFileHandle(name, { create: true }));
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

/**
 * Replaces a file. While that is under way the file is not whole: what must not be lost is written to a file besides.
 * @throws UserError when there is no room
 */
export function writeRunFile(id: string, name: string, parts: readonly (Uint8Array | string)[]): Promise<void> {
  return withFile(id, name, (file) => {
    let position = 0;
    for (const part of parts) {
      const bytes = typeof part === 'string' ? new TextEncoder().encode(part) : part;
      // A write may take less than all of it where the room ends.
      const taken = file.write(bytes, { at: position });
      if (taken !== bytes.length) throw new DOMException('no more room', 'QuotaExceededError');
      position += taken;
    }
    file.truncate(position);
  });
}

/** Adds a line to a file. */
export function appendLine(id: string, name: string, line: string): Promise<void> {
  return withFile(id, name, (file) => {
    file.write(new TextEncoder().encode(`${line}\n`), { at: file.getSize() });
  });
}

/** Removes a run with all its files. */
export async function removeRun(id: string): Promise<void> {
  await ask(await runsFolder(), (folder) => folder.removeEntry(id, { recursive: true }));
}

/**
 * Does something that no other tab may do with the same run meanwhile.
 * @throws UserError when another tab holds it
 */
export async function holdRun<Result>(id: string, act: () => Promise<Result>): Promise<Result> {
  return navigator.locks.request(`trilu ${id}`, { ifAvailable: true }, async (lock) => {
    if (lock === null) throw new UserError('Another tab is training this run: stop it there, or close that tab.');
    return act();
  });
}
