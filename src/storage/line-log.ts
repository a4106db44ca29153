import { open } from 'node:fs/promises';
import { fileError } from './system-error.ts';

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
