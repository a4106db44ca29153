import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');
const script = join(repository, 'node_modules/onnxruntime-node/script/install.js');

/** The entries of .npmrc, as npm hands them to the scripts of packages. */
function npmConfiguration(): NodeJS.ProcessEnv {
  const lines = readFileSync(join(repository, '.npmrc'), 'utf8').split('\n');
  return Object.fromEntries(
    lines
      .map((line) => line.split('='))
      .filter((parts) => parts.length === 2)
      .map(([name = '', value = '']) => [`npm_config_${name.trim().replaceAll('-', '_')}`, value.trim()]),
  );
}

it('npm that knows allowScripts is told not to run the script that fetches CUDA', () => {
  const { allowScripts }: { allowScripts: Record<string, boolean> } = JSON.parse(
    readFileSync(join(repository, 'package.json'), 'utf8'),
  );
  expect(allowScripts['onnxruntime-node']).toBe(false);
});

it('npm that does not is told by .npmrc, which the script obeys: it fetches nothing', async () => {
  expect(npmConfiguration()).toEqual({ npm_config_onnxruntime_node_install: 'skip' });
  // Without the entry the script would ask the network, which fails or takes its time; with it, it ends at once.
  const { ONNXRUNTIME_NODE_INSTALL: _, ...environment } = process.env;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script], {
    env: { ...environment, ...npmConfiguration(), npm_config_local_prefix: '', npm_package_json: '' },
    timeout: 10_000,
  });
  expect([stdout, stderr]).toEqual(['', '']);
});
