import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Ending,
  quiet,
  runTrilu,
  sharedFolder,
  smallModel,
  startTrilu,
  succeed,
  untilFile,
  writeText,
} from '../command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
const options = ['--data', 'text.txt', ...smallModel, ...quiet];

beforeAll(() => writeText(join(folder, 'text.txt')));

describe('start, from a text to a passage,', () => {
  let ending: Ending = { code: null, signal: null, stdout: '', stderr: '' };

  beforeAll(async () => {
    ending = await runTrilu(['start', '--out', 'run', '--steps', '60', '--warm-up', '5', ...options], cwd);
  });

  it('trains and exports', () => {
    expect([ending.code, ending.stderr]).toEqual([0, expect.stringContaining('validation loss')]);
    expect(existsSync(join(folder, 'run/training_state.safetensors'))).toBe(true);
    expect(readdirSync(join(folder, 'run/onnx')).sort()).toEqual(
      ['decode', 'evaluate', 'forward', 'generate', 'train'].map((name) => `${name}.onnx`),
    );
  });

  it('prints the passage that the exported file writes, and nothing else', async () => {
    const sampling = ['--tokens', '600', '--seed', '1337', '--temperature', '0.8', '--threads', '1'];
    const passage = await succeed(['generate', 'run/onnx/generate.onnx', ...sampling], cwd);
    expect([...passage]).toHaveLength(600);
    expect(ending.stdout).toBe(`${passage}\n`);
  });
});

it('start that is stopped ends well, and can be resumed into a passage', async () => {
  const run = startTrilu(['start', '--out', 'stopped', '--steps', '1000000', ...options], cwd);
  await untilFile(folder, 'stopped', 'metrics.jsonl');
  run.process.kill('SIGINT');
  const { code, stdout, stderr } = await run.ended;
  expect([code, stdout]).toEqual([0, '']);
  const step = Number(/Stopped at step (\d+); the run is saved/.exec(stderr)?.[1]);
  const passage = await succeed(['start', '--resume', 'stopped', '--steps', `${step + 10}`, '--threads', '1'], cwd);
  expect([...passage]).toHaveLength(601);
});
