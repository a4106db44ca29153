import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { appendLine, truncateLinesAfterStep } from '../../src/storage/line-log.ts';
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

describe('truncateLinesAfterStep', () => {
  const file = (content: string): string => {
    const path = join(emptyFolder(), 'metrics.jsonl');
    writeFileSync(path, content);
    return path;
  };

  it.each([
    ['lines after the checkpoint', `${line(10)}\n${line(20)}\n${line(30)}\n`, 1],
    ['a half-written last line', `${line(10)}\n${line(20)}\n{"step":2`, 1],
    ['a last line that lacks only its end', `${line(10)}\n${line(20)}\n${line(20)}`, 1],
    ['lines that are damaged', `${line(10)}\n\0\0\0\n${line(20)}\n\nnull\n{"loss":1}\n`, 4],
    ['nothing of a whole log', `${line(10)}\n${line(20)}\n`, 0],
  ])('drops %s', async (_, content, dropped) => {
    const path = file(content);
    expect(await truncateLinesAfterStep(path, 20)).toBe(dropped);
    expect(readFileSync(path, 'utf8')).toBe(`${line(10)}\n${line(20)}\n`);
    await appendLine(path, line(21));
    expect(readFileSync(path, 'utf8')).toBe(`${line(10)}\n${line(20)}\n${line(21)}\n`);
  });

  it('empties a log whose lines are all later', async () => {
    const path = file(`${line(10)}\n`);
    expect(await truncateLinesAfterStep(path, 0)).toBe(1);
    expect(readFileSync(path, 'utf8')).toBe('');
  });

  it('is content with a file that is missing', async () => {
    const path = join(emptyFolder(), 'metrics.jsonl');
    expect(await truncateLinesAfterStep(path, 5)).toBe(0);
    expect(existsSync(path)).toBe(false);
  });
});
