import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeCheckpoint } from '../../src/train/trainer/checkpoint.ts';
import {
  quiet,
  type Running,
  runTrilu,
  sharedFolder,
  smallModel,
  startTrilu,
  succeed,
  succeedAlone,
  until,
  untilFile,
  writeText,
} from './command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
/** Dropout makes the steps depend on their numbers too. */
const model = ['gpt-nano', '--data', 'text.txt', ...smallModel, '--dropout', '0.2', '--warm-up', '20'];
const endless = ['--steps', '1000000'];

beforeAll(() => writeText(join(folder, 'text.txt')));

function start(out: string, ...options: readonly string[]): Running {
  return startTrilu(['train', ...model, '--out', out, ...options], cwd);
}

/** Trains in this process: what goes on from it in another one, or is compared with it, is all the further away. */
function train(out: string, ...options: readonly string[]): Promise<string> {
  return succeed(['train', ...model, '--out', out, ...quiet, ...options], cwd);
}

function resume(out: string, steps: number): Promise<string> {
  return succeedAlone(['train', '--resume', out, '--steps', `${steps}`, '--device', 'cpu'], cwd);
}

/** All of a run that must repeat to the last bit. */
async function outcome(out: string): Promise<unknown> {
  const { record, state } = await decodeCheckpoint(readFileSync(join(folder, out, 'training_state.safetensors')), out);
  const { step, dataPosition } = record;
  return { step, dataPosition, state, weights: readFileSync(join(folder, out, 'model.safetensors')) };
}

function stepOf(out: string): number {
  return JSON.parse(readFileSync(join(folder, out, 'trainer.json'), 'utf8')).step;
}

/** The step that a resume goes on from: after a kill trainer.json may be of the checkpoint before. */
async function checkpointStep(out: string): Promise<number> {
  const bytes = readFileSync(join(folder, out, 'training_state.safetensors'));
  return (await decodeCheckpoint(bytes, out)).record.step;
}

function loggedSteps(out: string): number[] {
  const lines = readFileSync(join(folder, out, 'metrics.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  return lines.map((line) => JSON.parse(line).step);
}

/** Waits until a run is under way. */
function underWay(out: string): Promise<void> {
  return untilFile(folder, out, 'metrics.jsonl');
}

/** Going on with a run is the same as never having stopped it. */
async function expectExactResume(out: string): Promise<void> {
  const stopped = await checkpointStep(out);
  await resume(out, stopped + 60);
  await train(`${out}-whole`, '--steps', `${stopped + 60}`);
  expect(await outcome(out)).toEqual(await outcome(`${out}-whole`));
  const steps = loggedSteps(out);
  expect(steps).toEqual([...new Set(steps)]);
  expect(steps.at(-1)).toBe(stopped + 60);
  expect(readdirSync(join(folder, out)).filter((name) => name.startsWith('.'))).toEqual([]);
}

describe.concurrent('200 steps are, to the last bit,', () => {
  beforeAll(() => train('whole', '--steps', '200'));

  it('100 steps and a resume of 100, evaluated and sampled on the way or not', async () => {
    const reports = ['--eval-every', '30', '--eval-batches', '2', '--sample-every', '70', '--checkpoint-every', '40'];
    await train('half', '--steps', '100', ...reports);
    await resume('half', 200);
    expect(await outcome('half')).toEqual(await outcome('whole'));
    expect(loggedSteps('half')).toEqual([...new Set(loggedSteps('half'))]);
  });

  it('the same in runs of 7 steps', async () => {
    await train('by-7', '--steps', '200', '--steps-per-run', '7');
    expect(await outcome('by-7')).toEqual(await outcome('whole'));
  });
});

describe.concurrent('a run that is stopped', () => {
  it.each(['SIGTERM', 'SIGHUP', 'SIGINT'] as const)('by %s saves, ends well, and goes on exactly', async (signal) => {
    const run = start(signal, ...endless, ...quiet);
    await underWay(signal);
    run.process.kill(signal);
    const { code, stdout, stderr } = await run.ended;
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toMatch(
      new RegExp(`Stopped at step ${stepOf(signal)}; the run is saved. Continue with: .* --resume ${signal}\n$`),
    );
    if (signal === 'SIGINT') await expectExactResume(signal); // what follows is the same for all
  });

  it('by kill -9 goes on from its last checkpoint exactly', async () => {
    const run = start('killed', ...endless, '--checkpoint-every', '20', '--eval-every', '0', '--sample-every', '0');
    await untilFile(folder, 'killed', 'trainer.json');
    await delay(Math.random() * 200);
    run.process.kill('SIGKILL');
    expect((await run.ended).signal).toBe('SIGKILL');
    expect((await checkpointStep('killed')) % 20).toBe(0);
    await expectExactResume('killed');
  });

  it('by a second Ctrl-C ends at once', async () => {
    // Steps in runs of so many that the first Ctrl-C has long to wait.
    const run = start('twice', ...endless, ...quiet, '--steps-per-run', '1000000');
    let stderr = '';
    run.process.stderr?.on('data', (text: string) => (stderr += text));
    await until(() => stderr.includes('Ctrl-C saves and stops'));
    await delay(300);
    run.process.kill('SIGINT');
    await until(() => stderr.includes('Ctrl-C again to end at once'));
    run.process.kill('SIGINT');
    expect(await run.ended).toMatchObject({ code: null, signal: 'SIGINT' });
    expect(existsSync(join(folder, 'twice/trainer.json'))).toBe(false);
  });

  it('when nobody reads its progress any more still saves', async () => {
    const run = start('unread', ...endless, ...quiet);
    await underWay('unread');
    run.process.stderr?.destroy();
    run.process.kill('SIGINT');
    expect((await run.ended).code).toBe(0);
    expect(stepOf('unread')).toBeGreaterThan(0);
  });
});

describe.concurrent('one folder', () => {
  it('has room for one trainer at a time', async () => {
    const first = start('shared', ...endless, '--checkpoint-every', '50', '--eval-every', '0', '--sample-every', '0');
    await underWay('shared');
    const refusals = [await runTrilu(['train', ...model, '--out', 'shared', '--steps', '9'], cwd)];
    await untilFile(folder, 'shared', 'trainer.json');
    refusals.push(await runTrilu(['train', '--resume', 'shared'], cwd));
    for (const { code, stdout, stderr } of refusals) {
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(/^trilu: shared (is in use by process \d+ since .*|holds a run already: .*)\n$/);
    }
    expect(refusals[1]?.stderr).toContain(`process ${first.process.pid}`);
    first.process.kill('SIGINT');
    expect((await first.ended).code).toBe(0);
    await resume('shared', stepOf('shared') + 10);
  });
});
