import { unzipSync } from 'fflate';
import { UserError } from '../../../src/index.ts';
import type { NamedFile } from './model-info.ts';

/** The files of a folder by their names in it. */
export interface Folder {
  readonly name: string;
  readonly files: ReadonlyMap<string, Blob>;
}

/** Beyond this a zip is no model that a page can hold: what is packed in it may be far larger than the zip. */
const mostUnpackedBytes = 4e9;

/** The bytes of a file. @throws UserError when the browser can't read it */
export async function bytesOf(file: Blob, name: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw new UserError(
      `${name} could not be read: it may have changed or gone since it was chosen. Choose it again.`,
      {
        cause,
      },
    );
  }
}

/** Files as they were dropped, with what is in a zip in the zip's place. */
export async function unpacked(files: readonly NamedFile[]): Promise<readonly NamedFile[]> {
  const all = await Promise.all(
    files.map(async (named) => (named.path.toLowerCase().endsWith('.zip') ? filesOfZip(named) : [named])),
  );
  return all.flat();
}

async function filesOfZip({ path, file }: NamedFile): Promise<readonly NamedFile[]> {
  const bytes = await bytesOf(file, path);
  let total = 0;
  const wanted = ({ originalSize }: { readonly originalSize: number }): boolean => {
    total += originalSize;
    if (total <= mostUnpackedBytes) return true;
    throw new UserError(
      `${path} holds more than ${mostUnpackedBytes / 1e9} GB: unpack it and drop the model's folder.`,
    );
  };
  try {
    return Object.entries(unzipSync(bytes, { filter: wanted }))
      .filter(([name]) => !name.endsWith('/'))
      .map(([name, content]) => ({ path: name, file: new Blob([content as Uint8Array<ArrayBuffer>]) }));
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    throw new UserError(`${path} is damaged: it is no zip that can be unpacked. Pack it again.`, { cause });
  }
}

/** The folder among files that has a file of this name, the outermost if there are several; undefined where none has it. */
export function folderWith(name: string, files: readonly NamedFile[]): Folder | undefined {
  const [found] = files
    .filter(({ path }) => path === name || path.endsWith(`/${name}`))
    .map(({ path }) => path.slice(0, path.length - name.length))
    .sort((one, other) => one.split('/').length - other.split('/').length);
  if (found === undefined) return undefined;
  const inside = files.filter(({ path }) => path.startsWith(found));
  return {
    name: found.replace(/\/$/, '') || 'The files',
    files: new Map(inside.map(({ path, file }) => [path.slice(found.length), file])),
  };
}
