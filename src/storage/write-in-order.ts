import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type FileData, isTemporaryName, type PreparedFile, prepareFile } from './atomic-file.ts';
import { fileError } from './system-error.ts';

/**
 * Replaces several files of a folder so that it can be read again whatever happens:
 * first all of them are written whole under temporary names, so that a full disk changes nothing;
 * then each takes its name, in the order given.
 *
 * A kill in between leaves the first few files new and the rest old, each whole. So the file that is the truth about
 * the state comes first and holds everything that must fit together; the files after it only repeat parts of it.
 * For a checkpoint that is `training_state.safetensors`: parameters, moments, and in its metadata what `trainer.json` says.
 * Whoever resumes reads that one and does not rely on the others.
 *
 * @param files names within the folder and their content, the truth first
 * @param beforeRenames what else has to be done once all files are on the disk and before the first of them takes its name
 * @throws UserError when the system refuses; when it does so before the first rename, no file has changed
 */
export async function writeInOrder(
  directory: string,
  files: readonly (readonly [string, FileData])[],
  beforeRenames: () => Promise<void> = async () => undefined,
): Promise<void> {
  const prepared: PreparedFile[] = [];
  try {
    for (const [name, data] of files) prepared.push(await prepareFile(join(directory, name), data));
    await beforeRenames();
    while (prepared.length > 0) {
      await prepared[0]?.commit();
      prepared.shift();
    }
  } catch (error) {
    await Promise.allSettled(prepared.map((file) => file.discard()));
    throw error;
  }
}

/**
 * Removes what interrupted writes left in a folder: temporary files. To be called by the one process that writes there.
 * @returns how many there were
 * @throws UserError when the system refuses
 */
export async function removeTemporaryFiles(directory: string): Promise<number> {
  try {
    const left = (await readdir(directory)).filter(isTemporaryName);
    for (const name of left) await rm(join(directory, name), { force: true });
    return left.length;
  } catch (error) {
    throw fileError(error, 'write', directory);
  }
}
