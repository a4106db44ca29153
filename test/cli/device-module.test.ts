import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { main, quiet, runTrilu, sharedFolder, succeedAlone } from './command.ts';

const folder = sharedFolder();
const cwd = { cwd: folder };
const short = ['bigram', '--steps', '5', ...quiet];

/** A device of one's own, as docs/extending.md shows it. */
const mine = `import { defineDevice } from 'trilu/node';
export const device = defineDevice({
  name: 'parallel',
  description: 'the processor, with independent nodes side by side',
  rank: 15,
  providers: ['cpu'],
  executionProvider: 'CPUExecutionProvider',
  sessionOptions: { executionMode: 'parallel', interOpNumThreads: 2 },
  splitsBatch: true,
});`;

beforeAll(() => {
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(resolve(import.meta.dirname, '../..'), join(folder, 'node_modules/trilu'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'text.txt'), 'the quick brown fox jumps over the lazy dog. '.repeat(40));
  writeFileSync(join(folder, 'my-device.js'), mine);
  writeFileSync(join(folder, 'none.js'), 'export const device = { name: "parallel" };');
  writeFileSync(join(folder, 'broken.js'), 'throw new Error("no such thing.");');
  writeFileSync(join(folder, 'taken.js'), mine.replace("'parallel'", "'cpu'"));
});

describe('a module that defines a device', () => {
  it('is listed, in its place in the order of auto', async () => {
    const reports: { device: string }[] = JSON.parse(
      await succeedAlone(['devices', '--json', '--device', './my-device.js'], cwd),
    );
    expect(reports.map(({ device }) => device)).toEqual(['cuda', 'webgpu', 'parallel', 'cpu', 'wasm']);
  });

  it('trains and writes', async () => {
    const on = ['--device', './my-device.js'];
    const { code, stderr } = await runTrilu(['train', '--data', 'text.txt', '--out', 'run', ...short, ...on], cwd);
    expect([code, stderr]).toEqual([0, expect.stringContaining('on parallel.')]);
    expect(await succeedAlone(['generate', 'run', '--prompt', 'the', '--tokens', '5', ...on], cwd)).toMatch(/^the/);
  });

  it('that is loaded before the command line is known by its name', async () => {
    const args = ['evaluate', 'run', '--data', 'text.txt', '--json', '--device', 'parallel'];
    const given = ['--import', './my-device.js', main, ...args];
    const { stdout } = await promisify(execFile)(process.execPath, given, cwd);
    expect(JSON.parse(stdout)).toMatchObject({ loss: expect.any(Number) });
  });

  it.each([
    ['nowhere.js', /^trilu: The module \.\/nowhere\.js that --device names does not exist\.\n$/],
    ['broken.js', /^trilu: The module \.\/broken\.js that --device names can't be loaded: no such thing\.\n$/],
    ['none.js', /^trilu: The module \.\/none\.js defines no device: it must have `export const device = defineDevice/],
    ['taken.js', /^trilu: The device "cpu" is defined twice: give one of them another name\.\n$/],
  ])('and is none is told in one sentence: %s', async (file, message) => {
    for (const args of [['devices'], ['train', '--data', 'text.txt', '--out', 'new', ...short]]) {
      const { code, stdout, stderr } = await runTrilu([...args, '--device', `./${file}`], cwd);
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(message);
    }
  });

  it('or a device that is neither is wrong usage', async () => {
    const { code, stderr } = await runTrilu(['train', '--device', 'quantum'], cwd);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/auto, cuda, webgpu, cpu, wasm, or a module that defines/),
    ]);
  });
});
