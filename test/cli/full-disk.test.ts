import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { decodeCheckpoint } from '../../src/train/trainer/checkpoint.ts';
import { makeReadOnly, mountedFolder } from '../storage/folders.ts';
import { quiet, sharedFolder, smallModel, startTrilu, succeedAlone, trilu, untilFile, writeText } from './command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
const options = ['--data', 'text.txt', ...smallModel, '--eval-every', '0', '--sample-every', '0'];

beforeAll(() => writeText(join(folder, 'text.txt'), { length: 2000 }));

/** Fills a disk to its last byte. @returns what takes the room */
function fill(disk: string): string {
  const path = join(disk, 'filler');
  for (let size = 65_536, taken = 0; size >= 1; ) {
    try {
      writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
      taken += size;
    } catch {
      size = Math.floor(size / 2);
    }
    if (taken > 16_000_000) throw new Error('the disk does not fill up');
  }
  return path;
}

it('a disk that fills up during training ends it with a sentence, and the checkpoint before stays good', async (context) => {
  const disk = mountedFolder('size=1m');
  if (disk === undefined) return context.skip('a file system of its own needs the right to mount');
  const out = join(disk, 'run');
  const run = startTrilu(['train', ...options, '--out', out, '--steps', '1000000', '--checkpoint-every', '50'], cwd);
  await untilFile(out, 'trainer.json');
  const filler = fill(disk);
  const { code, stdout, stderr } = await run.ended;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(/^trilu: Could not write .*: the disk is full; make room /);
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(readdirSync(out).filter((name) => name.startsWith('.'))).toEqual([]);

  rmSync(filler);
  const { record } = await decodeCheckpoint(readFileSync(join(out, 'training_state.safetensors')), out);
  expect(record.step % 50).toBe(0);
  const steps = ['--steps', `${record.step + 30}`];
  await succeedAlone(['train', '--resume', out, ...steps, '--checkpoint-every', '0', '--threads', '1'], cwd);
  await succeedAlone(['train', ...options, '--out', 'whole', ...steps, '--checkpoint-every', '0'], cwd);
  const weights = (directory: string): Buffer => readFileSync(join(directory, 'model.safetensors'));
  expect(weights(out).equals(weights(join(folder, 'whole')))).toBe(true);
});

it('a disk that can’t be written is refused before anything is trained', async (context) => {
  const disk = mountedFolder('size=1m');
  if (disk === undefined) return context.skip('a file system of its own needs the right to mount');
  makeReadOnly(disk);
  const { code, stderr } = await trilu(
    ['train', ...options, '--out', join(disk, 'run'), '--steps', '5', ...quiet],
    cwd,
  );
  expect(code).toBe(1);
  expect(stderr).toMatch(/^trilu: Could not create the folder .*: the file system is read-only; [^\n]*\n$/);
});

it('a loss that is no longer a number ends training with a sentence, and the checkpoint before stays good', async () => {
  const steps = ['--steps', '100', '--warm-up', '0', '--steps-per-run', '1', '--checkpoint-every', '1'];
  const { code, stdout, stderr } = await trilu(
    ['train', ...options, '--out', 'high', ...steps, '--learning-rate', '1e18'],
    cwd,
  );
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /\ntrilu: .* at step \d+: train anew with a lower learning rate \(--learning-rate\)[^\n]*\.\n$/,
  );
  const { state } = await decodeCheckpoint(readFileSync(join(folder, 'high/training_state.safetensors')), 'high');
  for (const [name, { data }] of Object.entries(state)) {
    expect(Array.from(data, Number).every(Number.isFinite), name).toBe(true);
  }
});
