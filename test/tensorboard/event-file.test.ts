import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { EventFileWriter } from '../../src/tensorboard/event-file.ts';
import { mountedFolder } from '../storage/folders.ts';
import { debianPath } from '../support/debian.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trilu-events-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface ReadEvent {
  readonly time: number;
  readonly step: number;
  readonly version?: string;
  readonly session?: number;
  readonly values?: readonly object[];
}

const python = debianPath('/usr/bin/python3', 'python3');

/** An independent reading, by a script that shares nothing with what wrote the file. */
function read(path: string): readonly ReadEvent[] {
  const script = fileURLToPath(new URL('read_events.py', import.meta.url));
  return JSON.parse(execFileSync(python ?? '', ['-B', script, path]).toString());
}

describe.skipIf(python === undefined)('an event file, read by a script of its own', () => {
  it('has the version first, then numbers and texts under their tags and steps', async () => {
    const writer = await EventFileWriter.open(join(folder, 'run/tensorboard'), {
      firstStep: 0,
      now: () => 1_700_000_000_250,
    });
    await writer.scalars(10, { 'loss/training': 2.5, learning_rate: 1e-3 });
    await writer.scalars(2 ** 40, { 'loss/validation': Number.NaN });
    await writer.text(500, 'sample', 'Call me\n# Ishmael 🐋');
    await writer.close();
    expect(basename(writer.path)).toMatch(
      new RegExp(`^events\\.out\\.tfevents\\.1700000000\\.${hostname()}\\.\\d+\\.\\d+$`),
    );
    const time = 1_700_000_000.25;
    expect(read(writer.path)).toEqual([
      { time, step: 0, version: 'brain.Event:2' },
      { time, step: 1, session: 1 },
      {
        time,
        step: 10,
        values: [
          { tag: 'loss/training', simple: 2.5 },
          { tag: 'learning_rate', simple: Math.fround(1e-3) },
        ],
      },
      { time, step: 2 ** 40, values: [{ tag: 'loss/validation', simple: 'NaN' }] },
      {
        time,
        step: 500,
        values: [{ tag: 'sample', text: '    Call me\n    # Ishmael 🐋', dtype: 7, plugin: 'text', class: 2 }],
      },
    ]);
  });

  it('of a session that goes on tells readers to forget the steps that come again', async () => {
    const writer = await EventFileWriter.open(folder, { firstStep: 40 });
    await writer.scalars(50, { loss: 1 });
    await writer.close();
    expect(read(writer.path)).toMatchObject([{ step: 0 }, { step: 41, session: 1 }, { step: 50 }]);
  });

  it('has a later name for each later session, in the same second and on a clock set back too', async () => {
    const sessions = join(folder, 'sessions');
    const paths: string[] = [];
    for (const milliseconds of [5000, 5000, 1000]) {
      const writer = await EventFileWriter.open(sessions, { firstStep: 0, now: () => milliseconds });
      paths.push(writer.path);
      await writer.close();
    }
    // Readers take the files by their names: a later session must have a later one, though the clock was set back.
    expect(paths.toSorted()).toEqual(paths);
    expect(new Set(paths).size).toBe(3);
  });

  it('does not go back in time when the clock does', async () => {
    const times = [1000_000, 1000_000, 1000_000, 2000_000, 1500_000, 3000_000];
    const writer = await EventFileWriter.open(folder, { firstStep: 0, now: () => times.shift() ?? 0 });
    for (const step of [1, 2, 3]) await writer.scalars(step, { loss: 1 });
    await writer.close();
    expect(read(writer.path).map(({ time }) => time)).toEqual([1000, 1000, 2000, 2000, 3000]);
  });

  it('takes writes that overlap one after another', async () => {
    const writer = await EventFileWriter.open(folder, { firstStep: 0 });
    await Promise.all([1, 2, 3, 4, 5].map((step) => writer.scalars(step, { loss: step })));
    await writer.close();
    expect(read(writer.path).map(({ step }) => step)).toEqual([0, 1, 1, 2, 3, 4, 5]);
  });

  it('cut short is read up to the cut', async () => {
    const writer = await EventFileWriter.open(folder, { firstStep: 0 });
    for (const step of [1, 2, 3]) await writer.scalars(step, { loss: step });
    await writer.close();
    const bytes = await readFile(writer.path);
    await writeFile(writer.path, bytes.subarray(0, -5));
    expect(read(writer.path).map(({ step }) => step)).toEqual([0, 1, 1, 2]);
  });

  it('on a full disk keeps whole records, and goes on when there is room again', async (context) => {
    const disk = await mountedFolder('size=256k');
    if (disk === undefined) return context.skip('mounting is not allowed');
    const writer = await EventFileWriter.open(disk, { firstStep: 0 });
    await writer.scalars(1, { loss: 1 });
    const filler = join(disk, 'filler');
    await writeFile(filler, new Uint8Array(2 ** 20)).catch(() => undefined);
    const long = 'x'.repeat(9000);
    await expect(writer.text(2, 'sample', long)).rejects.toThrow(UserError);
    await rm(filler);
    await writer.scalars(3, { loss: 3 });
    await writer.close();
    expect(read(writer.path).map(({ step }) => step)).toEqual([0, 1, 1, 3]);
  });
});
