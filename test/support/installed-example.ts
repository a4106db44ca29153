import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { afterAll, inject } from 'vitest';

const repository = resolve(import.meta.dirname, '../..');

interface PackageFile {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
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
  const folder = temporaryFolder(name);
  cpSync(join(repository, 'examples', name), folder, {
    recursive: true,
    filter: (source) => !leftBehind.has(basename(source)),
  });
  const { dependencies, devDependencies } = readPackage(folder);
  installAll(Object.keys({ ...dependencies, ...devDependencies }), folder);
  return folder;
}

/**
 * A project with nothing in it but trilu and some packages, installed in the same way.
 * @returns the folder
 */
export function emptyProject(packages: readonly string[]): string {
  const folder = temporaryFolder('empty');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  installAll(packages, folder);
  return folder;
}

function temporaryFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `trilu-example-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** Installs trilu with its command, what it depends on, and packages. */
function installAll(packages: readonly string[], folder: string): void {
  const trilu = join(folder, 'node_modules/trilu');
  cpSync(inject('packedTrilu'), trilu, { recursive: true });
  const { dependencies = {}, bin = {} } = readPackage(trilu);
  for (const needed of new Set([...Object.keys(dependencies), ...packages])) {
    if (needed !== 'trilu') install(needed, folder);
  }
  mkdirSync(join(folder, 'node_modules/.bin'));
  for (const [name, file] of Object.entries(bin)) {
    chmodSync(join(trilu, file), 0o755);
    symlinkSync(join(trilu, file), join(folder, 'node_modules/.bin', name));
  }
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
