import { copyFile, link, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDirectory } from '../storage/atomic-file.ts';
import { errorCode, fileError } from '../storage/system-error.ts';

/** The folder of a run directory that holds checkpoints before the last one. */
const previousFolder = 'checkpoints';

const namePattern = /^step-(\d+)\.safetensors$/;

const nameOf = (step: number): string => `step-${step}.safetensors`;

/** The steps of the previous checkpoints of a run, latest first. None where there is no folder. */
export async function previousSteps(run: string): Promise<readonly number[]> {
  const folder = join(run, previousFolder);
  try {
    const steps = (await readdir(folder)).flatMap((name) => namePattern.exec(name)?.[1] ?? []).map(Number);
    return steps.sort((one, other) => other - one);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errorCode(error) ?? '')) return [];
    throw fileError(error, 'read', folder);
  }
}

/** Where the checkpoint of a step is kept. */
export function previousPath(run: string, step: number): string {
  return join(run, previousFolder, nameOf(step));
}

/**
 * Keeps a checkpoint as a previous one under another name, before a later one takes its own. Where the file system has hard links that
 * takes no time and no room.
 * @throws UserError when the system refuses
 */
export async function keepPrevious(run: string, file: string, step: number): Promise<void> {
  const to = previousPath(run, step);
  await makeDirectory(join(run, previousFolder));
  try {
    await rm(to, { force: true });
    await link(file, to).catch(() => copyFile(file, to));
  } catch (error) {
    throw fileError(error, 'write', to);
  }
}

/**
 * Removes previous checkpoints: all but the latest few before a step. What came after it belongs to a run that was given up.
 * @throws UserError when the system refuses
 */
export async function prunePrevious(run: string, before: number, keep: number): Promise<void> {
  const steps = await previousSteps(run);
  const kept = new Set(steps.filter((step) => step < before).slice(0, keep));
  for (const step of steps) {
    if (kept.has(step)) continue;
    const path = previousPath(run, step);
    await rm(path, { force: true }).catch((error: unknown) => {
      throw fileError(error, 'write', path);
    });
  }
}
