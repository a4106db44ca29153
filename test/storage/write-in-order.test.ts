import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { isTemporaryName } from '../../src/storage/atomic-file.ts';
import { lockDirectory } from '../../src/storage/lock.ts';
import { removeTemporaryFiles, writeInOrder } from '../../src/storage/write-in-order.ts';
import { emptyFolder, mountedFolder } from './folders.ts';

const NAMES = ['truth', 'copy', 'note'] as const;
const WRITER = fileURLToPath(new URL('killed-writer.ts', import.meta.url));

const generationFiles = (generation: number, size = 100_000): (readonly [string, Uint8Array])[] =>
  NAMES.map((name) => [name, new Uint8Array(size).fill(generation)]);

/** Which generation a file is of; fails when it is not whole. */
function generationOf(folder: string, name: string, size = 100_000): number {
  const bytes = readFileSync(join(folder, name));
  expect(bytes.length).toBe(size);
  expect(new Set(bytes).size).toBe(1);
  return bytes[0] ?? -1;
}

const generations = (folder: string): number[] => NAMES.map((name) => generationOf(folder, name));

describe('writeInOrder', () => {
  it('writes all files and leaves nothing else', async () => {
    const folder = emptyFolder();
    await writeInOrder(folder, generationFiles(1));
    await writeInOrder(folder, generationFiles(2));
    expect(generations(folder)).toEqual([2, 2, 2]);
    expect(readdirSync(folder).sort()).toEqual([...NAMES].sort());
  });

  it.each([
    [0, 'before', [1, 1, 1]],
    [1, 'after', [2, 1, 1]],
    [1, 'before', [2, 1, 1]],
    [2, 'before', [2, 2, 1]],
    [3, 'after', [2, 2, 2]],
  ] as const)(
    'killed with %i files renamed, %s the next one: whole files, the truth first',
    async (renames, moment, left) => {
      const folder = emptyFolder();
      await writeInOrder(folder, generationFiles(1));
      const { signal, stderr } = spawnSync(
        process.execPath,
        ['--import', 'tsx', WRITER, folder, '2', String(renames), moment],
        { encoding: 'utf8' },
      );
      expect(signal, stderr).toBe('SIGKILL');
      expect(generations(folder)).toEqual(left);

      const lock = await lockDirectory(folder); // the killed process held it
      await removeTemporaryFiles(folder);
      expect(readdirSync(folder).filter(isTemporaryName)).toEqual([]);
      await writeInOrder(folder, generationFiles(3));
      lock.release();
      expect(generations(folder)).toEqual([3, 3, 3]);
      expect(readdirSync(folder).sort()).toEqual([...NAMES].sort());
    },
  );

  it('on a disk that fills up at the last file changes none', async (context) => {
    const folder = mountedFolder('size=256k');
    if (folder === undefined) return context.skip('a file system of a few kilobytes needs the right to mount');
    const size = 45_000; // 44 KiB, 11 pages of 4: three fit, and two more
    await writeInOrder(folder, generationFiles(1, size));
    await expect(writeInOrder(folder, generationFiles(2, size))).rejects.toThrow('the disk is full');
    expect(NAMES.map((name) => generationOf(folder, name, size))).toEqual([1, 1, 1]);
    expect(readdirSync(folder).sort()).toEqual([...NAMES].sort());
  });

  it('removes the other temporary files when one file cannot be written', async () => {
    const folder = emptyFolder();
    const files = [...generationFiles(1), ['missing/file', 'x'] as const];
    await expect(writeInOrder(folder, files)).rejects.toThrow('its folder does not exist');
    expect(readdirSync(folder)).toEqual([]);
  });
});

it('removeTemporaryFiles leaves other files alone and tells how many it removed', async () => {
  const folder = emptyFolder();
  await writeInOrder(folder, [
    ['.config.json.12-3.tmp', ''],
    ['model.tmp', ''],
    ['.hidden', ''],
    ['notes.12-3.tmp', ''],
  ]);
  expect(await removeTemporaryFiles(folder)).toBe(1);
  expect(readdirSync(folder).sort()).toEqual(['.hidden', 'model.tmp', 'notes.12-3.tmp']);
  await expect(removeTemporaryFiles(join(folder, 'missing'))).rejects.toThrow('does not exist');
});
