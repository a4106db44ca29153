import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { diskFiles } from '../../src/runs/disk-files.ts';
import { rewindLog } from '../../src/runs/run-logs.ts';
import { emptyFolder } from '../storage/folders.ts';

const line = (step: number): string => JSON.stringify({ step, loss: 1 / 3 });

describe('a log that is rewound', () => {
  const folderWith = (content: string): string => {
    const folder = emptyFolder();
    writeFileSync(join(folder, 'metrics.jsonl'), content);
    return folder;
  };

  it.each([
    ['lines after the checkpoint', `${line(10)}\n${line(20)}\n${line(30)}\n`, 1],
    ['a half-written last line', `${line(10)}\n${line(20)}\n{"step":2`, 1],
    ['a last line that lacks only its end', `${line(10)}\n${line(20)}\n${line(20)}`, 1],
    ['lines that are damaged', `${line(10)}\n\0\0\0\n${line(20)}\n\nnull\n{"loss":1}\n`, 4],
    ['nothing of a whole log', `${line(10)}\n${line(20)}\n`, 0],
  ])('drops %s', async (_, content, dropped) => {
    const folder = folderWith(content);
    const [files, path] = [diskFiles(folder), join(folder, 'metrics.jsonl')];
    expect(await rewindLog(files, 'metrics.jsonl', 20)).toBe(dropped);
    expect(readFileSync(path, 'utf8')).toBe(`${line(10)}\n${line(20)}\n`);
    await files.append('metrics.jsonl', line(21));
    expect(readFileSync(path, 'utf8')).toBe(`${line(10)}\n${line(20)}\n${line(21)}\n`);
  });

  it('empties a log whose lines are all later', async () => {
    const folder = folderWith(`${line(10)}\n`);
    expect(await rewindLog(diskFiles(folder), 'metrics.jsonl', 0)).toBe(1);
    expect(readFileSync(join(folder, 'metrics.jsonl'), 'utf8')).toBe('');
  });

  it('is content with a file that is missing', async () => {
    const folder = emptyFolder();
    expect(await rewindLog(diskFiles(folder), 'metrics.jsonl', 5)).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });
});
