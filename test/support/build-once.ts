import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

/** Builds dist once before any test: the command line and the README's code are tested as they are shipped. */
export function setup(): void {
  const root = resolve(import.meta.dirname, '../..');
  execFileSync(process.execPath, [resolve(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  });
}
