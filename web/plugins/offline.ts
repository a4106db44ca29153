import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Plugin } from 'vite';

/** What is kept after the page has all that it needs at once. */
const large = /\.wasm$|moby-dick\.txt$/;
/** Of that, what only a page with WebGPU ever asks for. */
const forGpu = /asyncify/;

/**
 * Writes the service worker into the finished app: the list of its files, which makes it work without a network, and the version that
 * makes a new one replace the old.
 */
export function offline(): Plugin {
  let folder = '';
  return {
    name: 'offline',
    apply: 'build',
    configResolved({ build }) {
      folder = build.outDir;
    },
    async closeBundle() {
      const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
        .filter((entry) => entry.isFile() && entry.name !== 'service-worker.js')
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
        .sort();
      const version = createHash('sha256');
      for (const name of names) version.update(name).update(await readFile(join(folder, name)));
      const files = ['./', ...names.filter((name) => name !== 'index.html' && !large.test(name))];
      const later = names.filter((name) => large.test(name)).map((file) => ({ file, gpu: forGpu.test(file) }));
      const worker = await readFile(join(import.meta.dirname, '../service-worker.js'), 'utf8');
      const settings = { version: version.digest('hex').slice(0, 16), files, later };
      const lines = Object.entries(settings).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`);
      await writeFile(join(folder, 'service-worker.js'), lines.join('') + worker);
    },
  };
}
