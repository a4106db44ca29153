import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** A folder with the very files of trilu that npm would publish. */
    packedTrilu: string;
  }
}

const cwd = resolve(import.meta.dirname, '../..');

/**
 * Builds dist once before any test: the command line, the README's code, the package and the app are tested as they are
 * shipped. Packs it, too, for all tests that install it.
 */
export function setup(project: TestProject): () => void {
  const build = (tool: string, ...options: readonly string[]): void => {
    const env = { ...process.env, NODE_ENV: 'production' }; // as it is shipped
    execFileSync(process.execPath, [resolve(cwd, 'node_modules', tool), ...options], { cwd, env, stdio: 'inherit' });
  };
  build('typescript/bin/tsc', '-p', 'tsconfig.build.json');
  build('tsx/dist/cli.mjs', 'scripts/build-browser.ts');
  build('vite/bin/vite.js', 'build', '--config', 'web/vite.config.ts', '--logLevel', 'warn');
  const folder = mkdtempSync(join(tmpdir(), 'trilu-packed-'));
  project.provide('packedTrilu', pack(folder));
  return () => rmSync(folder, { recursive: true, force: true });
}

/** Lays what npm would publish into a folder of `folder`; nothing is built for it. */
function pack(folder: string): string {
  const options = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const said = execFileSync('npm', options, { cwd, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
  const target = join(folder, 'trilu');
  mkdirSync(target);
  const tarball = join(folder, JSON.parse(said)[0].filename);
  execFileSync('tar', ['--extract', '--file', tarball, '--directory', target, '--strip-components', '1']);
  return target;
}
