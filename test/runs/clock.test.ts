import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { RunDirectory, readCheckpoint } from '../../src/runs/run-directory.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import type { Checkpoint } from '../../src/train/trainer/checkpoint.ts';
import { emptyFolder } from '../storage/folders.ts';
import { smallRun } from '../train/trainer/small-run.ts';

// The clock alone is played: timers and the monotonic clock go on.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const { checkpoint: first } = smallRun();
const at = (step: number): Checkpoint => ({
  record: { ...first.record, step },
  state: { ...first.state, step: tensor('int32', [], [step]) },
});

it('a clock that jumps, back and forth between and within sessions, changes nothing of what is kept or who may write', async () => {
  const path = join(emptyFolder(), 'run');
  let step = 0;
  for (const date of ['2026-01-01', '1970-01-02', '2099-12-31', '2026-01-01']) {
    vi.setSystemTime(date);
    const run = await RunDirectory.open(path);
    if (step > 0) await run.rewind(step);
    step += 10;
    await run.save(at(step), { keep: 1 });
    vi.setSystemTime('2001-09-09');
    await expect(RunDirectory.open(path)).rejects.toThrow(`${path} is in use by process ${process.pid}`);
    step += 10;
    await run.save(at(step), { keep: 1 });
    await run.release();
    expect(await readCheckpoint(path)).toEqual({ checkpoint: at(step), passedOver: [] });
  }
});
