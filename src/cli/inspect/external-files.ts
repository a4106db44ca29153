import { stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import type { StoredTensor } from '../../onnx/stored-tensors.ts';

/** A file beside a model that holds weights. */
export interface ExternalFile {
  /** As the model names it, relative to its own folder. */
  readonly location: string;
  /** How many tensors it holds. */
  readonly tensors: number;
  /** The size that it must have, in bytes. */
  readonly needed: number;
  /** The size that it has; absent where the file is missing or outside of the folder. */
  readonly bytes?: number;
  readonly state: 'whole' | 'cut short' | 'missing' | 'outside';
}

/** The files that hold the tensors of a model, and whether they are complete. @param folder the model's folder */
export async function externalFiles(
  tensors: readonly StoredTensor[],
  folder: string,
): Promise<readonly ExternalFile[]> {
  const files = new Map<string, { tensors: number; needed: number }>();
  for (const { external } of tensors) {
    if (external === undefined) continue;
    const file = files.get(external.location) ?? { tensors: 0, needed: 0 };
    files.set(external.location, file);
    file.tensors += 1;
    file.needed = Math.max(file.needed, external.offset + external.length);
  }
  return Promise.all(
    [...files].map(async ([location, file]): Promise<ExternalFile> => {
      const path = externalPath(location, folder);
      if (path === undefined) return { location, ...file, state: 'outside' };
      const found = await stat(path).catch(() => undefined);
      if (found?.isFile() !== true) return { location, ...file, state: 'missing' };
      return { location, ...file, bytes: found.size, state: found.size < file.needed ? 'cut short' : 'whole' };
    }),
  );
}

/** The path of such a file; undefined where ONNX forbids it: it must be inside of the model's folder. */
export function externalPath(location: string, folder: string): string | undefined {
  const path = normalize(location);
  const isOutside = isAbsolute(path) || path === '..' || path.startsWith(`..${sep}`);
  return isOutside || location === '' ? undefined : join(folder, path);
}

/** What is wrong with a file, in one sentence; undefined if nothing is. */
export function externalProblem({ location, needed, bytes, state }: ExternalFile): string | undefined {
  if (state === 'whole') return undefined;
  if (state === 'outside')
    return `Weights are in '${location}', which is outside of the model's folder: no runtime reads it there.`;
  if (state === 'missing') return `The file ${location} with the weights is missing: put it beside the model.`;
  return `The file ${location} with the weights is cut short: it has ${bytes} bytes of ${needed}.`;
}
