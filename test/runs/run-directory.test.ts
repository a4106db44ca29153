import { existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { isDirectory, RunDirectory, readCheckpoint, readModelDirectory } from '../../src/runs/run-directory.ts';
import type { Metrics } from '../../src/train/trainer/run-files.ts';
import { emptyFolder } from '../storage/folders.ts';
import { smallRun } from '../train/trainer/small-run.ts';

const { checkpoint } = smallRun();

/** A line of metrics. */
function report(step: number): Metrics {
  return { step, loss: 3, gradient_norm: 1, learning_rate: 1e-3, tokens_per_second: 1e5, seconds: step };
}

function steps(folder: string): number[] {
  const lines = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line).step);
}

describe('a run directory', () => {
  it('gives back the checkpoint and the model that were saved', async () => {
    const folder = join(emptyFolder(), 'a/b');
    const run = await RunDirectory.open(folder);
    await run.save(checkpoint, { keep: 1 });
    await run.release();
    expect(await readCheckpoint(folder)).toEqual({ checkpoint, passedOver: [] });
    const { model, tokenizer, weights } = await readModelDirectory(folder);
    expect(model).toEqual(checkpoint.record.model);
    expect(tokenizer).toEqual(checkpoint.record.tokenizer);
    for (const [name, data] of weights) expect(data).toEqual(checkpoint.state[name]?.data);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('drops the reports of steps that are no longer part of the run', async () => {
    const run = await RunDirectory.open(join(emptyFolder(), 'run'));
    for (const step of [10, 20, 30]) await run.report(report(step));
    await run.rewind(20);
    await run.report(report(25));
    await run.release();
    expect(steps(run.path)).toEqual([10, 20, 25]);
  });

  it('is one trainer’s at a time, and free again after it', async () => {
    const folder = join(emptyFolder(), 'run');
    const run = await RunDirectory.open(folder);
    await run.save(checkpoint, { keep: 1 });
    await expect(RunDirectory.open(folder)).rejects.toThrow(`in use by process ${process.pid}`);
    await run.release();
    await (await RunDirectory.open(folder)).release();
    expect(await readCheckpoint(folder)).toEqual({ checkpoint, passedOver: [] });
  });

  it('loses the temporary files of a writer that was killed', async () => {
    const folder = emptyFolder();
    writeFileSync(join(folder, '.model.safetensors.123-4.tmp'), 'half');
    await (await RunDirectory.open(folder)).release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('that was made for a run that left nothing goes away again; one that was there stays', async () => {
    const there = emptyFolder();
    const made = join(there, 'made');
    for (const folder of [made, there]) await (await RunDirectory.open(folder)).release();
    expect([existsSync(made), existsSync(there)]).toEqual([false, true]);
    const run = await RunDirectory.open(made);
    await run.report(report(1));
    await run.release();
    expect(readdirSync(made)).toEqual(['metrics.jsonl']);
  });

  it('is not written when the state doesn’t fit the model', async () => {
    const run = await RunDirectory.open(join(emptyFolder(), 'run'));
    await run.save(checkpoint, { keep: 1 });
    const { 'transformer.wpe.weight': _, ...state } = checkpoint.state;
    await expect(run.save({ ...checkpoint, state }, { keep: 1 })).rejects.toThrow(
      'The training state does not fit the model',
    );
    await run.release();
    expect(await readCheckpoint(run.path)).toEqual({ checkpoint, passedOver: [] });
  });
});

describe('a folder that is none', () => {
  it('is told of by name', async () => {
    const folder = emptyFolder();
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const missing = join(folder, 'missing');
    await expect(readModelDirectory(missing)).rejects.toThrow(
      `${missing} is not a model or run directory: there is no`,
    );
    await expect(readModelDirectory(file)).rejects.toThrow(`${file} is not a model or run directory: it is a file.`);
    await expect(readModelDirectory(join(file, 'x'))).rejects.toThrow(UserError);
    await expect(readModelDirectory(folder)).rejects.toThrow(
      `Could not read the model's file ${join(folder, 'config.json')}`,
    );
    await expect(readCheckpoint(folder)).rejects.toThrow(/Could not read the training state .*there is no such file/);
    await expect(RunDirectory.open(file)).rejects.toThrow('there is a file of that name');
    expect([folder, file, missing].map(isDirectory)).toEqual([true, false, false]);
  });

  it('has a state that is cut short, and is told of by path', async () => {
    const folder = join(emptyFolder(), 'run');
    mkdirSync(folder);
    const run = await RunDirectory.open(folder);
    await run.save(checkpoint, { keep: 1 });
    await run.release();
    const state = join(folder, 'training_state.safetensors');
    truncateSync(state, 5000);
    await expect(readCheckpoint(folder)).rejects.toThrow(`${state} is cut short`);
  });
});
