import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { zippedSize } from '../../scripts/zipped-size.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'dist/browser');

/** What a file imports: statements at once, calls when they are reached. */
function importsOf(code: string): { readonly statements: readonly string[]; readonly calls: readonly string[] } {
  const names = (pattern: RegExp): readonly string[] => [...code.matchAll(pattern)].map(([, name = '']) => name);
  return {
    statements: names(/^(?:import|export)\b(?:[^;"']*?\bfrom)?\s*"([^"]+)"/gm),
    calls: names(/\bimport\("([^"]+)"\)/g),
  };
}

const codes = new Map<string, string>();

/** Reads a file of dist/browser and all that it reaches; tells those that are loaded at once. */
async function load(file: string, loaded = new Set<string>()): Promise<ReadonlySet<string>> {
  loaded.add(file);
  const code = codes.get(file) ?? (await readFile(join(folder, file), 'utf8'));
  codes.set(file, code);
  const { statements, calls } = importsOf(code);
  for (const name of statements.filter((name) => name.startsWith('.'))) {
    if (!loaded.has(name.slice(2))) await load(name.slice(2), loaded);
  }
  for (const name of calls.filter((name) => name.startsWith('.')))
    if (!codes.has(name.slice(2))) await load(name.slice(2));
  return loaded;
}

const entries = ['index.js', 'graph.js', 'onnx.js', 'parts.js', 'web.js', 'models.js', 'worker.js'] as const;
const parts: Record<string, ReadonlySet<string>> = {};
beforeAll(async () => {
  for (const entry of entries) parts[entry] = await load(entry);
});

describe('what a browser loads', () => {
  test.each([
    ['web.js', 40_000],
    ['worker.js', 40_000],
  ])("%s, without ONNX Runtime's files, takes at most %i bytes when it is zipped", async (entry, limit) => {
    const files = [...(parts[entry] ?? [])].map((file) => join(folder, file));
    expect(files.length).toBeGreaterThan(1);
    expect(await zippedSize(files)).toBeLessThanOrEqual(limit);
  });

  test('needs no package but onnxruntime-web, and that only when a model is opened', () => {
    const foreign = (kind: 'statements' | 'calls'): readonly string[] => [
      ...new Set([...codes.values()].flatMap((code) => importsOf(code)[kind]).filter((name) => !name.startsWith('.'))),
    ];
    expect(foreign('statements')).toEqual([]);
    expect([...foreign('calls')].sort()).toEqual(['onnxruntime-web/wasm', 'onnxruntime-web/webgpu']);
  });

  test('makes no code out of text, which a content security policy may forbid, and is no CommonJS', () => {
    for (const [file, code] of codes) {
      expect(code.match(/(?<!--)\beval\b|\bFunction\s*\(|\bnew Function\b|"node:|\brequire\("/g), file).toBeNull();
    }
  });

  test('starts its worker in the form that bundlers know, from the file beside it', () => {
    const pattern = 'new Worker(new URL("./worker.js", import.meta.url), { type: "module" })';
    expect([...codes].filter(([, code]) => code.includes(pattern))).toHaveLength(1);
  });

  test('leaves to bundlers the comments that tell them what not to look for', () => {
    const comments = /import\(\s*\/\* webpackIgnore: true \*\/\s*\/\* @vite-ignore \*\//;
    expect([...codes].filter(([, code]) => comments.test(code))).toHaveLength(1);
  });
});

test('the entries share their classes: an error is a UserError, whichever entry throws it', async () => {
  const [index, graph, web] = await Promise.all(
    ['index.js', 'graph.js', 'web.js'].map((file) => import(join(folder, file))),
  );
  expect(() => graph.matMul(1, 2)).toThrow(index.UserError);
  const session = await web.open(Uint8Array.of(1), { device: 'wasm' }).catch((thrown: unknown) => thrown);
  expect(session).toBeInstanceOf(index.UserError);
});

test('the package holds every file that its exports name, and no other folder of the repository', async () => {
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  const named = Object.values(exports).flatMap((target) =>
    typeof target === 'string' ? [target] : Object.values(target as Record<string, string>),
  );
  const entries = await readdir(inject('packedTrilu'), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const packed = files.map((file) => `./${relative(inject('packedTrilu'), file).replaceAll('\\', '/')}`);
  expect(packed).toEqual(expect.arrayContaining(named));
  const folders = new Set(packed.map((path) => path.split('/').slice(1, -1).slice(0, 2).join('/')));
  expect([...folders].filter((path) => path !== '').sort()).toEqual(['dist/browser', 'dist/models', 'dist/src']);
});

test.each(['dist/browser/graph.js', 'dist/src/graph.js'])(
  'what is bundled of %s still knows its operators',
  async (entry) => {
    const contents = `import { input, topK } from './${entry}'; export const { shape } = topK(input('x', 'float32', [3]), 2, { axis: 0 }).values;`;
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: root },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
      external: ['onnxruntime-web'],
    });
    const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64');
    expect(await import(/* @vite-ignore */ `data:text/javascript;base64,${code}`)).toMatchObject({ shape: [2] });
  },
);
