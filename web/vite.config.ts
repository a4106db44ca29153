import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { embeddedCorpus } from './plugins/embedded-corpus.ts';
import { offline } from './plugins/offline.ts';
import { withoutUnused } from './plugins/without-unused.ts';

/** What gives WebAssembly its threads; on a server that can't send them, the service worker does. */
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  root: import.meta.dirname,
  // Wherever the files are put, at the root of a site or below it.
  base: './',
  plugins: [withoutUnused(), embeddedCorpus(), offline()],
  server: { headers, fs: { allow: [resolve(import.meta.dirname, '..')] } },
  preview: { headers },
  // ONNX Runtime finds its WebAssembly beside its own file, and its threads begin in that file.
  optimizeDeps: { exclude: ['onnxruntime-web'], include: ['protobufjs/minimal.js', '@dagrejs/dagre'] },
  worker: { format: 'es', plugins: () => [withoutUnused()] },
  build: {
    outDir: resolve(import.meta.dirname, '../dist/app'),
    emptyOutDir: true,
    target: 'es2022',
    // The WebAssembly of ONNX Runtime is what it is.
    chunkSizeWarningLimit: 1000,
  },
});
