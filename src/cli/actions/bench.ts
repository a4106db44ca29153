import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { UserError } from '../../errors.ts';
import type { BenchOptions } from '../bench.ts';

const script = join('bench', 'main.ts');

/**
 * `trilu bench`: starts the benchmarks, which are no part of the package, from the clone that this file belongs to. They compare
 * with other libraries and need what a clone has besides.
 * @throws UserError outside a clone, or where its development packages are missing
 */
export async function runBench(options: BenchOptions): Promise<void> {
  const clone = cloneOf(fileURLToPath(import.meta.url));
  if (clone === undefined) {
    throw new UserError(
      'The benchmarks are not part of the installed package: clone the repository and run `npm ci && npm run bench` there.',
    );
  }
  const given = ['--import', loader(clone), join(clone, script), JSON.stringify(options)];
  const child = spawn(process.execPath, given, { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  process.exitCode = typeof code === 'number' ? code : 1;
}

/** The nearest folder above a file that has the benchmarks in it. */
function cloneOf(file: string): string | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, script))) return folder;
  }
  return undefined;
}

/** What lets Node run TypeScript. */
function loader(clone: string): string {
  try {
    return pathToFileURL(createRequire(join(clone, script)).resolve('tsx')).href;
  } catch (error) {
    throw new UserError('The benchmarks need the development packages: run `npm ci` in the clone.', { cause: error });
  }
}
