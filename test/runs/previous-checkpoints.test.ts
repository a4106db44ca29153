import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunDirectory, readCheckpoint, readModelDirectory } from '../../src/runs/run-directory.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import type { Checkpoint } from '../../src/train/trainer/checkpoint.ts';
import { weightsOf } from '../../src/train/trainer/training-state.ts';
import { emptyFolder } from '../storage/folders.ts';
import { smallRun } from '../train/trainer/small-run.ts';

const { checkpoint: first } = smallRun();

/** A checkpoint of another step, told apart by its state too. */
function at(step: number): Checkpoint {
  return { record: { ...first.record, step }, state: { ...first.state, step: tensor('int32', [], [step]) } };
}

async function runWith(steps: readonly number[], keep: number): Promise<string> {
  const path = join(emptyFolder(), 'run');
  const run = await RunDirectory.open(path);
  for (const step of steps) await run.save(at(step), { keep });
  await run.release();
  return path;
}

const kept = (run: string): string[] => readdirSync(join(run, 'checkpoints')).sort();
const stateOf = (run: string): string => join(run, 'training_state.safetensors');

function flipBit(path: string, place: number): void {
  const bytes = readFileSync(path);
  bytes[place] = (bytes[place] ?? 0) ^ 4;
  writeFileSync(path, bytes);
}

describe('checkpoints before the last one', () => {
  it('are kept as many as asked for, the latest, whole, and without room of their own while they have two names', async () => {
    const run = await runWith([10, 20, 30, 40, 50], 2);
    expect(kept(run)).toEqual(['step-30.safetensors', 'step-40.safetensors']);
    const { checkpoint } = await readCheckpoint(run);
    expect(checkpoint).toEqual(at(50));
    rmSync(stateOf(run));
    expect((await readCheckpoint(run)).checkpoint).toEqual(at(40));
    expect(statSync(join(run, 'checkpoints/step-30.safetensors')).nlink).toBe(1);
  });

  it('are none when none are asked for, and those there were go', async () => {
    const run = await runWith([10, 20, 30], 2);
    const again = await RunDirectory.open(run);
    await again.rewind(30);
    await again.save(at(40), { keep: 0 });
    await again.release();
    expect(kept(run)).toEqual([]);
  });

  it('go on being kept by a session that resumes', async () => {
    const run = await runWith([10, 20], 3);
    const again = await RunDirectory.open(run);
    await again.rewind(20);
    await again.save(at(30), { keep: 3 });
    await again.release();
    expect(kept(run)).toEqual(['step-10.safetensors', 'step-20.safetensors']);
  });

  it('of the same step are not kept beside the last one', async () => {
    const run = await runWith([10, 20, 20], 3);
    expect(kept(run)).toEqual(['step-10.safetensors']);
  });
});

describe('a checkpoint that is damaged', () => {
  it.each<[what: string, damage: (path: string) => void, message: RegExp]>([
    [
      'by a bit in its data',
      (path) => flipBit(path, statSync(path).size - 100),
      /training_state\.safetensors is damaged: its checksum is not that of its content\./,
    ],
    ['by a bit in its header', (path) => flipBit(path, 60), /training_state\.safetensors/],
    ['by being cut short', (path) => truncateSync(path, 3000), /training_state\.safetensors is cut short/],
    ['by being emptied', (path) => truncateSync(path, 0), /training_state\.safetensors is cut short/],
    [
      'by bytes at its end',
      (path) => writeFileSync(path, 'more', { flag: 'a' }),
      /training_state\.safetensors is damaged/,
    ],
    ['by being away', (path) => rmSync(path), /there is no such file/],
  ])('%s is passed over for the one before it, in a sentence', async (_what, damage, message) => {
    const run = await runWith([10, 20, 30], 2);
    damage(stateOf(run));
    const { checkpoint, passedOver } = await readCheckpoint(run);
    expect(checkpoint).toEqual(at(20));
    expect(passedOver).toEqual([expect.stringMatching(message)]);
  });

  it('is passed over with others that are', async () => {
    const run = await runWith([10, 20, 30], 2);
    for (const path of [stateOf(run), join(run, 'checkpoints/step-20.safetensors')]) flipBit(path, 8000);
    const { checkpoint, passedOver } = await readCheckpoint(run);
    expect(checkpoint).toEqual(at(10));
    expect(passedOver).toHaveLength(2);
  });

  it('is never kept in the place of a good one', async () => {
    const run = await runWith([10, 20], 1);
    flipBit(stateOf(run), 8000);
    const again = await RunDirectory.open(run);
    await again.rewind(10, { damaged: true });
    await again.save(at(25), { keep: 1 });
    await again.release();
    expect(kept(run)).toEqual(['step-10.safetensors']);
    expect((await readCheckpoint(run)).checkpoint).toEqual(at(25));
    rmSync(stateOf(run));
    expect((await readCheckpoint(run)).checkpoint).toEqual(at(10));
  });

  it('with nothing before it is told of', async () => {
    const run = await runWith([10], 1);
    flipBit(stateOf(run), 8000);
    await expect(readCheckpoint(run)).rejects.toThrow('its checksum is not that of its content');
  });
});

describe('the best model', () => {
  it('is a model directory of its own, whose weights say of which step they are', async () => {
    const path = join(emptyFolder(), 'run');
    const run = await RunDirectory.open(path);
    const weights = weightsOf(first.record.model, first.state);
    for (const step of [5, 15]) await run.saveBest(first.record, weights, { step, validationLoss: 2 - step / 100 });
    await run.release();
    const best = await readModelDirectory(join(path, 'best'));
    expect(best.model).toEqual(first.record.model);
    for (const [name, data] of weights) expect(best.weights.get(name)).toEqual(data);
    const header = readFileSync(join(path, 'best/model.safetensors')).subarray(8, 200).toString();
    expect(header).toContain('"step":"15","validation_loss":"1.85","format":"pt"');
  });
});
