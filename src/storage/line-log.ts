import { open, readFile } from 'node:fs/promises';
import { writeFileAtomic } from './atomic-file.ts';
import { errorCode, fileError } from './system-error.ts';

/**
 * Adds a line to a text file, which is created when missing.
 * When only a part of the line fits on the disk, that part is taken back, so that the file keeps whole lines only.
 * @param line without a line end
 * @throws UserError when the system refuses
 */
export async function appendLine(path: string, line: string): Promise<void> {
  try {
    const file = await open(path, 'a');
    try {
      const { size } = await file.stat();
      try {
        await file.writeFile(`${line}\n`);
      } catch (error) {
        await file.truncate(size).catch(() => undefined); // the first error is the one to tell
        throw error;
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error, 'write', path);
  }
}

/**
 * Takes a log of JSON lines back to a checkpoint: drops the lines whose `step` is above it, and those that a kill left half-written.
 * A file that is missing or has no such line stays as it is.
 * @returns how many lines were dropped
 * @throws UserError when the system refuses
 */
export async function truncateLinesAfterStep(path: string, step: number): Promise<number> {
  const text = await readIfThere(path);
  const lines = text.split('\n');
  const unfinished = lines.pop() === '' ? 0 : 1; // what follows the last line end
  const kept = lines.filter((line) => stepOf(line) <= step);
  const dropped = lines.length - kept.length + unfinished;
  if (dropped > 0) await writeFileAtomic(path, kept.map((line) => `${line}\n`).join(''));
  return dropped;
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '';
    throw fileError(error, 'read', path);
  }
}

/** The step that a line reports; infinite for a line that is damaged, so that it is always dropped. */
function stepOf(line: string): number {
  try {
    const report: unknown = JSON.parse(line);
    if (typeof report === 'object' && report !== null && 'step' in report && typeof report.step === 'number') {
      return report.step;
    }
  } catch {
    // not JSON: damaged
  }
  return Number.POSITIVE_INFINITY;
}
