import { execFileSync } from 'node:child_process';
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { EventFileWriter } from '../../src/tensorboard/event-file.ts';
import { emptyFolder, makeReadOnly, mountedFolder } from '../storage/folders.ts';
import { debianPath } from '../support/debian.ts';

interface ReadEvent {
  readonly time: number;
  readonly step: number;
  readonly version?: string;
  readonly session?: number;
  readonly values?: readonly { readonly tag: string; readonly simple?: number | string }[];
}

const python = debianPath('/usr/bin/python3', 'python3');

/** An independent reading, by a script that shares nothing with what wrote the file. */
function read(path: string): readonly ReadEvent[] {
  const script = fileURLToPath(new URL('read_events.py', import.meta.url));
  return JSON.parse(execFileSync(python ?? '', ['-B', script, path]).toString());
}

/**
 * What TensorBoard shows of a tag: it reads a run's files by the order of their names, and at each start of a session but the first it
 * forgets the steps from that start's on.
 */
async function shown(directory: string, tag: string): Promise<[step: number, value: number | string | undefined][]> {
  let points: [number, number | string | undefined][] = [];
  let starts = 0;
  for (const name of (await readdir(directory)).sort()) {
    for (const { step, session, values = [] } of read(join(directory, name))) {
      if (session === 1 && starts++ > 0) points = points.filter(([earlier]) => earlier < step);
      for (const value of values) if (value.tag === tag) points.push([step, value.simple]);
    }
  }
  return points;
}

/** A session that reports a loss, the same at all its steps. */
async function session(
  directory: string,
  { firstStep, seconds, steps, loss }: { firstStep: number; seconds: number; steps: readonly number[]; loss: number },
): Promise<void> {
  const writer = await EventFileWriter.open(directory, { firstStep, now: () => seconds * 1000 });
  for (const step of steps) await writer.scalars(step, { loss });
  await writer.close();
}

const start = { step: 1, session: 1 };

describe.skipIf(python === undefined)('an event file, read by a script of its own', () => {
  it('has the version and the start first, then numbers and texts under their tags and steps', async () => {
    const writer = await EventFileWriter.open(join(emptyFolder(), 'run/tensorboard'), {
      firstStep: 0,
      now: () => 1_700_000_000_250,
    });
    await writer.scalars(10, { 'loss/training': 2.5, learning_rate: 1e-3, gradient_norm: 0 });
    await writer.scalars(2 ** 40, { 'loss/validation': Number.NaN });
    await writer.text(500, 'sample', 'Call me\n# Ishmael 🐋\r- or\r\nnot');
    await writer.close();
    expect(basename(writer.path)).toMatch(/^events\.out\.tfevents\.1700000000\..+\.\d+\.\d+$/);
    expect(basename(writer.path)).toContain(`.${hostname()}.${process.pid}.`);
    const time = 1_700_000_000.25;
    expect(read(writer.path)).toEqual([
      { time, step: 0, version: 'brain.Event:2' },
      { time, ...start },
      {
        time,
        step: 10,
        values: [
          { tag: 'loss/training', simple: 2.5 },
          { tag: 'learning_rate', simple: Math.fround(1e-3) },
          { tag: 'gradient_norm', simple: 0 },
        ],
      },
      { time, step: 2 ** 40, values: [{ tag: 'loss/validation', simple: 'NaN' }] },
      {
        time,
        step: 500,
        values: [
          {
            tag: 'sample',
            text: '    Call me\n    # Ishmael 🐋\n    - or\n    not',
            dtype: 7,
            plugin: 'text',
            class: 2,
          },
        ],
      },
    ]);
  });

  it('of a session that goes on has readers forget the steps that a killed one made after the checkpoint', async () => {
    const folder = emptyFolder();
    await session(folder, { firstStep: 0, seconds: 5000, steps: [20, 40, 60, 80], loss: 1 });
    await session(folder, { firstStep: 40, seconds: 6000, steps: [50, 70], loss: 2 });
    expect(await shown(folder, 'loss')).toEqual([
      [20, 1],
      [40, 1],
      [50, 2],
      [70, 2],
    ]);
  });

  it('comes after those of earlier sessions, whatever the clock tells', async () => {
    const folder = emptyFolder();
    await session(folder, { firstStep: 0, seconds: 9000, steps: [10, 20], loss: 1 });
    await session(folder, { firstStep: 20, seconds: 9000, steps: [30], loss: 2 }); // in the same second
    await session(folder, { firstStep: 30, seconds: 400, steps: [40], loss: 3 }); // the clock was set back
    expect(await shown(folder, 'loss')).toEqual([
      [10, 1],
      [20, 1],
      [30, 2],
      [40, 3],
    ]);
  });

  it('does not go back in time when the clock does', async () => {
    const times = [1000, 1000, 1000, 2000, 1500, 3000];
    const writer = await EventFileWriter.open(emptyFolder(), { firstStep: 0, now: () => (times.shift() ?? 0) * 1000 });
    for (const step of [1, 2, 3]) await writer.scalars(step, { loss: 1 });
    await writer.close();
    expect(times).toEqual([]);
    expect(read(writer.path).map(({ time }) => time)).toEqual([1000, 1000, 2000, 2000, 3000]);
  });

  it('cut anywhere in its last record is read up to that', async () => {
    const writer = await EventFileWriter.open(emptyFolder(), { firstStep: 0 });
    for (const step of [1, 2]) await writer.scalars(step, { loss: step });
    const { length } = await readFile(writer.path);
    await writer.scalars(3, { loss: 3 });
    await writer.close();
    const bytes = await readFile(writer.path);
    for (const end of [length, length + 1, length + 11, length + 12, length + 20, bytes.length - 1]) {
      await writeFile(writer.path, bytes.subarray(0, end));
      expect(read(writer.path).map(({ step }) => step)).toEqual([0, 1, 1, 2]);
    }
  });

  it('has writes that overlap one after another', async () => {
    const writer = await EventFileWriter.open(emptyFolder(), { firstStep: 0 });
    const steps = Array.from({ length: 20 }, (_, index) => index + 1);
    for (const step of steps) {
      const writing =
        step % 2 === 0 ? writer.scalars(step, { loss: 1 }) : writer.text(step, 'sample', 'x'.repeat(step));
      writing.catch(() => undefined); // what failed would be missing below
    }
    await writer.close();
    expect(read(writer.path).map(({ step }) => step)).toEqual([0, 1, ...steps]);
  });

  it('on a full disk keeps whole records, and goes on when there is room again', async (context) => {
    const disk = mountedFolder('size=256k');
    if (disk === undefined) return context.skip('mounting is not allowed');
    const writer = await EventFileWriter.open(disk, { firstStep: 0 });
    await writer.scalars(1, { loss: 1 });
    const filler = join(disk, 'filler');
    await writeFile(filler, new Uint8Array(2 ** 20)).catch(() => undefined);
    const { length } = await readFile(writer.path);
    await expect(writer.text(2, 'sample', 'x'.repeat(9000))).rejects.toThrow(UserError);
    expect(await readFile(writer.path)).toHaveLength(length);
    await rm(filler);
    await writer.scalars(3, { loss: 3 });
    await writer.close();
    expect(read(writer.path).map(({ step }) => step)).toEqual([0, 1, 1, 3]);
  });

  it('is rid of half a record that could not be taken back at once', async () => {
    const writer = await EventFileWriter.open(emptyFolder(), { firstStep: 0 });
    await writer.scalars(1, { loss: 1 });
    await appendFile(writer.path, (await readFile(writer.path)).subarray(0, 20));
    await writer.scalars(2, { loss: 2 });
    await writer.close();
    expect(read(writer.path).map(({ step }) => step)).toEqual([0, 1, 1, 2]);
  });
});

describe('an event file that cannot be begun', () => {
  it('on a full disk is not left behind, and the error tells what to do', async (context) => {
    const disk = mountedFolder('size=64k');
    if (disk === undefined) return context.skip('mounting is not allowed');
    await writeFile(join(disk, 'filler'), new Uint8Array(2 ** 20)).catch(() => undefined);
    const opening = EventFileWriter.open(disk, { firstStep: 0 });
    await expect(opening).rejects.toThrow(UserError);
    await expect(opening).rejects.toThrow(/^Could not write .*: the disk is full; make room/);
    expect(await readdir(disk)).toEqual(['filler']);
  });

  it('in a read-only folder is an error that tells what to do', async (context) => {
    const disk = mountedFolder('size=64k');
    if (disk === undefined) return context.skip('mounting is not allowed');
    makeReadOnly(disk);
    const opening = EventFileWriter.open(disk, { firstStep: 0 });
    await expect(opening).rejects.toThrow(UserError);
    await expect(opening).rejects.toThrow(/the file system is read-only; choose another folder/);
  });
});
