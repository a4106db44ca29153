import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import {
  isTemporaryName,
  makeDirectory,
  prepareFile,
  readFileChecked,
  writeFileAtomic,
} from '../../src/storage/atomic-file.ts';
import { fileError } from '../../src/storage/system-error.ts';
import { emptyFolder, makeReadOnly, mountedFolder } from './folders.ts';

describe('writeFileAtomic', () => {
  it('writes text, bytes and parts, and leaves nothing else', async () => {
    const folder = emptyFolder();
    await writeFileAtomic(join(folder, 'text'), 'é\n');
    await writeFileAtomic(join(folder, 'bytes'), Uint8Array.of(0, 255, 10));
    await writeFileAtomic(join(folder, 'parts'), [Uint8Array.of(1), Uint8Array.of(), Uint8Array.of(2, 3)]);
    expect(readFileSync(join(folder, 'text'), 'utf8')).toBe('é\n');
    expect([...readFileSync(join(folder, 'bytes'))]).toEqual([0, 255, 10]);
    expect([...readFileSync(join(folder, 'parts'))]).toEqual([1, 2, 3]);
    expect(readdirSync(folder).sort()).toEqual(['bytes', 'parts', 'text']);
  });

  it('replaces a longer file wholly', async () => {
    const path = join(emptyFolder(), 'file');
    await writeFileAtomic(path, 'long content');
    await writeFileAtomic(path, 'short');
    expect(readFileSync(path, 'utf8')).toBe('short');
  });

  it('writes the same file many times at once without mixing', async () => {
    const folder = emptyFolder();
    const contents = Array.from({ length: 20 }, (_, index) => String(index).repeat(10_000));
    await Promise.all(contents.map((content) => writeFileAtomic(join(folder, 'file'), content)));
    expect(contents).toContain(readFileSync(join(folder, 'file'), 'utf8'));
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('keeps the old file, and no temporary one, when the content fails half-way', async () => {
    const folder = emptyFolder();
    await writeFileAtomic(join(folder, 'file'), 'old');
    function* failing(): Generator<Uint8Array> {
      yield Uint8Array.of(1);
      throw new RangeError('no more');
    }
    await expect(writeFileAtomic(join(folder, 'file'), failing())).rejects.toThrow(RangeError);
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('tells a folder in the place of the file, and removes the temporary file', async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'file'));
    await expect(writeFileAtomic(join(folder, 'file'), 'new')).rejects.toThrow('it is a folder, and a file is needed');
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it.each([
    ['a missing folder', 'missing/file', 'its folder does not exist'],
    ['a path through a file', 'plain/file', 'a part of the path is a file, not a folder'],
    ['a path through links in a circle', 'circle/file', 'go round in a circle'],
    ['a name that is too long', 'n'.repeat(300), 'the name is too long'],
  ])('tells %s', async (_, name, message) => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'plain'), '');
    symlinkSync('circle', join(folder, 'circle'));
    const writing = writeFileAtomic(join(folder, name), 'x');
    await expect(writing).rejects.toThrow(message);
    await expect(writing).rejects.toThrow(UserError);
    await expect(writing).rejects.toThrow(`Could not write ${join(folder, name)}: `);
  });

  it('on a full disk keeps the old file and removes the temporary one', async (context) => {
    const folder = mountedFolder('size=64k');
    if (folder === undefined) return context.skip('a file system of a few kilobytes needs the right to mount');
    const path = join(folder, 'file');
    await writeFileAtomic(path, 'old');
    await expect(writeFileAtomic(path, new Uint8Array(200_000))).rejects.toThrow(
      /the disk is full; make room .*\(ENOSPC\)\.$/,
    );
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['file']);
    await writeFileAtomic(path, new Uint8Array(40_000)); // the room is free again
  });

  it('on a read-only file system keeps the old file', async (context) => {
    const folder = mountedFolder('size=64k');
    if (folder === undefined) return context.skip('a read-only file system needs the right to mount');
    await writeFileAtomic(join(folder, 'file'), 'old');
    makeReadOnly(folder);
    await expect(writeFileAtomic(join(folder, 'file'), 'new')).rejects.toThrow('the file system is read-only');
    await expect(makeDirectory(join(folder, 'sub'))).rejects.toThrow('the file system is read-only');
    expect(readFileSync(join(folder, 'file'), 'utf8')).toBe('old');
  });
});

describe('prepareFile', () => {
  it('changes nothing before commit, and leaves nothing after discard', async () => {
    const folder = emptyFolder();
    const path = join(folder, 'file');
    writeFileSync(path, 'old');
    const [first, second] = [await prepareFile(path, 'first'), await prepareFile(path, 'second')];
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(folder).filter(isTemporaryName).length).toBe(2);
    await first.commit();
    await second.discard();
    expect(readFileSync(path, 'utf8')).toBe('first');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});

describe('readFileChecked', () => {
  it('reads bytes', async () => {
    const path = join(emptyFolder(), 'file');
    writeFileSync(path, Uint8Array.of(1, 2, 255));
    expect([...(await readFileChecked(path, 'the text'))]).toEqual([1, 2, 255]);
  });

  it('tells a missing file, a folder and a path through a file', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'plain'), '');
    await expect(readFileChecked(join(folder, 'no.txt'), 'the text')).rejects.toThrow(
      `Could not read the text ${join(folder, 'no.txt')}: there is no such file; check the path (ENOENT).`,
    );
    await expect(readFileChecked(folder, 'the text')).rejects.toThrow('it is a folder, and a file is needed');
    await expect(readFileChecked(join(folder, 'plain', 'x'), 'the text')).rejects.toThrow(UserError);
  });
});

describe('makeDirectory', () => {
  it('creates what is missing, and is content with what is there', async () => {
    const folder = emptyFolder();
    await makeDirectory(join(folder, 'a', 'b'));
    await makeDirectory(join(folder, 'a', 'b'));
    expect(readdirSync(join(folder, 'a'))).toEqual(['b']);
  });

  it('tells a file in its place or above it', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'plain'), '');
    await expect(makeDirectory('')).rejects.toThrow('does not exist');
    await expect(makeDirectory(join(folder, 'plain'))).rejects.toThrow('there is a file of that name');
    await expect(makeDirectory(join(folder, 'plain', 'sub'))).rejects.toThrow('a part of the path is a file');
  });
});

describe('fileError', () => {
  it.each([
    'ENOSPC',
    'EDQUOT',
    'EFBIG',
    'EACCES',
    'EPERM',
    'EROFS',
    'ENOTDIR',
    'EISDIR',
    'EEXIST',
    'ENOENT',
    'EMFILE',
    'EIO',
  ])('makes one sentence of %s that says why and what to do', (code) => {
    const error = fileError(Object.assign(new Error('raw'), { code }), 'write', 'out/file');
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(new RegExp(`^UserError: Could not write out/file: [^;.]+; [^;.]+ \\(${code}\\)\\.$`));
  });

  it('passes on what the system says of a code it does not know', () => {
    expect(String(fileError(Object.assign(new Error('EXDEV: odd'), { code: 'EXDEV' }), 'read', 'x'))).toContain(
      'EXDEV: odd',
    );
  });

  it('leaves mistakes of the program and told errors alone', () => {
    const [bug, told] = [new TypeError('bug'), new UserError('told')];
    expect([fileError(bug, 'read', 'x'), fileError(told, 'read', 'x')]).toEqual([bug, told]);
  });
});
