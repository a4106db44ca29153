import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installExample } from '../support/installed-example.ts';
import { runScript } from '../support/scripts.ts';

const repository = resolve(import.meta.dirname, '../..');
const typescript = join(repository, 'node_modules/typescript/bin/tsc');

describe('the example for Node, as it is when it was copied out of the repository', () => {
  const folder = installExample('node');

  it('trains on the CPU, so that the loss falls, and writes text', async () => {
    const { code, stdout, stderr } = await runScript(folder, 'start', ['--device', 'cpu', '--steps', '60']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Device: cpu\n\d+ nodes by CPUExecutionProvider\n/);
    const losses = [...stdout.matchAll(/^step \d+: loss ([\d.]+)$/gm)].map((match) => Number(match[1]));
    expect(losses).toHaveLength(3); // 25 + 25 + 10 steps
    expect(losses.at(-1)).toBeLessThan(3.2);
    expect(losses.at(-1)).toBeLessThan(losses[0] ?? 0);
    const written = stdout.slice(stdout.indexOf('\n\n') + 2, -1);
    expect([...written]).toHaveLength(301);
  });

  it("agrees with trilu's published types", () => {
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--ignoreConfig'];
    const types = ['--types', 'node', '--typeRoots', join(repository, 'node_modules/@types')];
    const check = [typescript, ...options, ...types, '--skipLibCheck', 'train.ts'];
    expect(execFileSync(process.execPath, check, { cwd: folder, encoding: 'utf8' })).toBe('');
  });
});

describe('the examples depend on the versions that are tested here', () => {
  const read = (folder: string): Record<string, Record<string, string>> & { readonly version: string } =>
    JSON.parse(readFileSync(join(repository, folder, 'package.json'), 'utf8'));

  it.each(['node', 'vite', 'page'])('%s', (name) => {
    const own = read('.');
    const tested = { ...own.devDependencies, ...own.peerDependencies, trilu: `^${own.version}` };
    const { dependencies, devDependencies } = read(join('examples', name));
    expect(tested).toMatchObject({ ...dependencies, ...devDependencies });
  });
});
