import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { afterAll } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');

interface PackageFile {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Vite serves no file outside of the project, so a link out of it won't do. */
const copied = new Set(['onnxruntime-web']);

/** What was made inside an example by hand stays where it is. */
const leftBehind = new Set(['node_modules', 'dist', 'package-lock.json']);

/**
 * A copy of an example with what `npm install` would bring, but without the network: trilu as npm packs it, and the
 * repository's own copies of the packages that the example and trilu depend on. Gone after the tests of the file.
 * @returns the folder
 */
export function installExample(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `trilu-example-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  cpSync(join(repository, 'examples', name), folder, {
    recursive: true,
    filter: (source) => !leftBehind.has(basename(source)),
  });
  const own = unpackTrilu(folder);
  const example = readPackage(folder);
  const packages = { ...own.dependencies, ...example.dependencies, ...example.devDependencies };
  for (const needed of Object.keys(packages)) {
    if (needed !== 'trilu') install(needed, folder);
  }
  return folder;
}

/** Lays the very files that npm would publish into the folder's node_modules; nothing is built for it. */
function unpackTrilu(folder: string): PackageFile {
  const target = join(folder, 'node_modules/trilu');
  mkdirSync(target, { recursive: true });
  const pack = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const said = execFileSync('npm', pack, { cwd: repository, stdio: ['ignore', 'pipe', 'ignore'], encoding: 'utf8' });
  const tarball = join(folder, JSON.parse(said)[0].filename);
  execFileSync('tar', ['--extract', '--file', tarball, '--directory', target, '--strip-components', '1']);
  rmSync(tarball);
  return readPackage(target);
}

function install(name: string, folder: string): void {
  const source = join(repository, 'node_modules', name);
  const target = join(folder, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  if (copied.has(name)) cpSync(source, target, { recursive: true, filter: (file) => !file.endsWith('.map') });
  else symlinkSync(source, target, 'junction');
}

function readPackage(folder: string): PackageFile {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}
