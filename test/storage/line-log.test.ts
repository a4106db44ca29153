import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { appendLine } from '../../src/storage/line-log.ts';
import { emptyFolder, mountedFolder } from './folders.ts';

const line = (step: number): string => JSON.stringify({ step, loss: 1 / 3 });

describe('appendLine', () => {
  it('creates the file and adds line after line', async () => {
    const path = join(emptyFolder(), 'metrics.jsonl');
    await appendLine(path, line(1));
    await appendLine(path, line(2));
    expect(readFileSync(path, 'utf8')).toBe(`${line(1)}\n${line(2)}\n`);
  });

  it('tells a full disk', async () => {
    await expect(appendLine('/dev/full', line(1))).rejects.toThrow(
      'Could not write /dev/full: the disk is full; make room',
    );
    await expect(appendLine('/dev/full', line(1))).rejects.toThrow(UserError);
  });

  it('on a disk that fills up in the middle of a line keeps whole lines only', async (context) => {
    const folder = mountedFolder('size=16k');
    if (folder === undefined) return context.skip('a file system of a few kilobytes needs the right to mount');
    const path = join(folder, 'metrics.jsonl');
    const long = 'x'.repeat(3000);
    let whole = 0;
    const filling = (async () => {
      for (;;) {
        await appendLine(path, long);
        whole += 1;
      }
    })();
    await expect(filling).rejects.toThrow('the disk is full');
    expect(whole).toBeGreaterThan(2);
    expect(readFileSync(path, 'utf8')).toBe(`${long}\n`.repeat(whole));
  });

  it('tells a missing folder', async () => {
    await expect(appendLine(join(emptyFolder(), 'no', 'metrics.jsonl'), line(1))).rejects.toThrow(
      'its folder does not exist',
    );
  });
});
