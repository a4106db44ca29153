/**
 * Makes dist/browser: what `trilu`, `trilu/graph`, `trilu/onnx`, `trilu/parts`, `trilu/web`, `trilu/models` and `trilu/web/worker` are in a browser. Dependencies are
 * bundled in, because a plain page can load no CommonJS; all but onnxruntime-web, which the application installs. The
 * entries share their chunks, so that a class is one and the same whichever entry it came from. White space stays, because
 * with it the comments would go that tell bundlers what to leave alone.
 */
import { readdir, rm } from 'node:fs/promises';
import { build, type Metafile, type Plugin } from 'esbuild';
import { zippedSize } from './zipped-size.ts';

const folder = 'dist/browser';

/** The files that are loaded by name: all in one folder, so that the worker's file is found beside any chunk. */
const entryPoints = {
  index: 'src/index.ts',
  graph: 'src/graph.ts',
  onnx: 'src/onnx.ts',
  parts: 'src/parts.ts',
  web: 'src/web.ts',
  models: 'models/index.ts',
  worker: 'src/runtime/web/worker.ts',
};

/** 64-bit integers for protobufjs, which works without: a quarter of the bundle that trilu's own codec never calls. */
const withoutLong: Plugin = {
  name: 'without long',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]node_modules[\\/]long[\\/]/ }, () => ({ contents: 'module.exports = null;' }));
  },
};

/** An entry and what it loads at once. */
function filesOf(entry: string, { outputs }: Metafile): readonly string[] {
  const files = new Set([`${folder}/${entry}.js`]);
  for (const file of files) {
    for (const { path, kind, external } of outputs[file]?.imports ?? []) {
      if (kind === 'import-statement' && external !== true) files.add(path);
    }
  }
  return [...files];
}

const { metafile } = await build({
  entryPoints,
  outdir: folder,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'browser',
  target: 'es2022',
  external: ['onnxruntime-web'],
  plugins: [withoutLong],
  chunkNames: 'chunk-[hash]',
  minifyIdentifiers: true,
  minifySyntax: true,
  metafile: true,
  logLevel: 'warning',
});
// Chunks of earlier builds, removed last, so that the folder is never without the files that are in use.
const stale = (await readdir(folder)).map((file) => `${folder}/${file}`).filter((file) => !(file in metafile.outputs));
await Promise.all(stale.map((file) => rm(file)));

const sizes = await Promise.all(
  Object.keys(entryPoints).map(async (entry) => {
    const bytes = await zippedSize(filesOf(entry, metafile));
    return `${entry} ${(bytes / 1000).toFixed(1)} kB`;
  }),
);
console.log(`${folder}, gzipped with what each entry loads at once: ${sizes.join(', ')}`);
