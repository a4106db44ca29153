import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { onTestFinished } from 'vitest';

const require = createRequire(import.meta.url);
const original = resolve(dirname(require.resolve('onnxruntime-node')), '..');
const libraries = join('bin/napi-v6', process.platform, process.arch);

/**
 * A copy of onnxruntime-node with further libraries beside its own, as its install script would leave them; gone after the test.
 * @returns the file that the copy is loaded by
 */
export function copiedRuntime(further: Readonly<Record<string, Uint8Array>>): string {
  const modules = join(temporaryFolder(), 'node_modules');
  const copy = join(modules, 'onnxruntime-node');
  mkdirSync(join(copy, libraries), { recursive: true });
  for (const part of ['package.json', 'dist', libraries]) {
    cpSync(join(original, part), join(copy, part), { recursive: true });
  }
  const common = createRequire(join(original, 'package.json')).resolve('onnxruntime-common');
  symlinkSync(/^.*onnxruntime-common/.exec(common)?.[0] ?? '', join(modules, 'onnxruntime-common'));
  for (const [name, bytes] of Object.entries(further)) writeFileSync(join(copy, libraries, name), bytes);
  return join(copy, 'dist/index.js');
}

/** A file that is loaded in onnxruntime-node's place; gone after the test. */
export function scriptedRuntime(code: string): string {
  const file = join(temporaryFolder(), 'runtime.cjs');
  writeFileSync(file, code);
  return file;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'trilu-runtime-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
