import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pythonIsThere } from '../common/contestants.ts';

/** Says where node-llama-cpp is: its own folder, or one that it was installed in. */
const variable = 'TRILU_BENCH_LLAMA';

/** Why llama.cpp is not there, and how to get it. */
export const llamaAbsence = `llama.cpp is not compared with, because node-llama-cpp is missing: run \`npm install --prefix bench\`, or name the folder of another one in ${variable}`;

/** Where node-llama-cpp is: where the variable says, or among the packages of bench/ or of the clone. */
export function llamaFolder(): string | undefined {
  const named = process.env[variable];
  const bench = fileURLToPath(new URL('..', import.meta.url));
  const candidates = [
    ...(named === undefined ? [] : [named, installedIn(named)]),
    installedIn(bench),
    installedIn(join(bench, '..')),
  ];
  return candidates.find((folder) => existsSync(join(folder, 'dist', 'bindings', 'getLlama.js')));
}

/** Where the package's libraries for this machine are; undefined where Python, or what is known to work with it, is not. */
export function llamaLibraries(llama: string): string | undefined {
  const libraries = join(llama, '..', '@node-llama-cpp', 'linux-x64', 'bins', 'linux-x64');
  const isHere = process.platform === 'linux' && process.arch === 'x64';
  return isHere && pythonIsThere() && existsSync(libraries) ? libraries : undefined;
}

function installedIn(folder: string): string {
  return join(folder, 'node_modules', 'node-llama-cpp');
}
