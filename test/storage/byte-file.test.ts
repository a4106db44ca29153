import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { openByteFile, openByteFileIfThere } from '../../src/storage/byte-file.ts';
import { emptyFolder } from './folders.ts';

describe('a file read in parts', () => {
  it('gives the bytes of any part', async () => {
    const path = join(emptyFolder(), 'file');
    writeFileSync(path, Uint8Array.of(5, 6, 7, 8));
    const file = await openByteFile(path, 'the file');
    expect(file.size).toBe(4);
    for (let begin = 0; begin <= 4; begin += 1) {
      for (let end = begin; end <= 4; end += 1) {
        expect(await file.read(begin, end)).toEqual(Uint8Array.of(5, 6, 7, 8).subarray(begin, end));
      }
    }
    await file.close();
  });

  it('that becomes shorter meanwhile gives the bytes that are left', async () => {
    const path = join(emptyFolder(), 'file');
    writeFileSync(path, Uint8Array.of(5, 6, 7, 8));
    const file = await openByteFile(path, 'the file');
    truncateSync(path, 3);
    expect(await file.read(1, 4)).toEqual(Uint8Array.of(6, 7));
    await file.close();
  });

  it('that is not there, or is a folder, is told; a missing one may be expected', async () => {
    const folder = emptyFolder();
    const missing = join(folder, 'missing');
    await expect(openByteFile(missing, 'the file')).rejects.toThrow(
      new UserError(`Could not read the file ${missing}: there is no such file; check the path (ENOENT).`),
    );
    expect(await openByteFileIfThere(missing, 'the file')).toBeUndefined();
    for (const open of [openByteFile, openByteFileIfThere]) {
      await expect(open(folder, 'the file')).rejects.toThrow(`Could not read the file ${folder}: it is a folder`);
    }
  });
});
