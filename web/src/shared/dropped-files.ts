import type { NamedFile } from '../models/model-info.ts';

/** The files that were chosen, with their places in the folder that was chosen. */
export function filesOfInput({ files }: HTMLInputElement): readonly NamedFile[] {
  return [...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

/** The files that were dropped, those in dropped folders included. */
export async function filesOfTransfer({ items }: DataTransfer): Promise<readonly NamedFile[]> {
  // The entries must be taken at once: after the event they are gone.
  const entries = [...items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  const all = await Promise.all(entries.map((entry) => filesOfEntry(entry, '')));
  return all.flat();
}

async function filesOfEntry(entry: FileSystemEntry, above: string): Promise<readonly NamedFile[]> {
  const path = `${above}${entry.name}`;
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [{ path, file }];
  }
  if (!isFolder(entry)) return [];
  const reader = entry.createReader();
  const inside: FileSystemEntry[] = [];
  for (;;) {
    // A reader gives a hundred or so at a time, and nothing at the end.
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break;
    inside.push(...some);
  }
  const all = await Promise.all(inside.map((one) => filesOfEntry(one, `${path}/`)));
  return all.flat();
}

function isFile(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}
