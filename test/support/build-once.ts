import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

/** Builds dist once before any test: the command line, the README's code and the package are tested as they are shipped. */
export function setup(): void {
  const cwd = resolve(import.meta.dirname, '../..');
  const build = (tool: string, ...options: readonly string[]): void => {
    execFileSync(process.execPath, [resolve(cwd, 'node_modules', tool), ...options], { cwd, stdio: 'inherit' });
  };
  build('typescript/bin/tsc', '-p', 'tsconfig.build.json');
  build('tsx/dist/cli.mjs', 'scripts/build-browser.ts');
}
