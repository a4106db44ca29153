import { defineConfig } from 'vite';

/** They make the page cross-origin isolated, which WebAssembly needs for threads. Your server must send them too. */
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

export default defineConfig({
  server: { headers },
  preview: { headers },
  // trilu's worker loads onnxruntime-web when it needs it, which only workers that are modules can.
  worker: { format: 'es' },
  // Both find their worker and their .wasm beside their own files, so in development they stay where they are.
  optimizeDeps: { exclude: ['trilu', 'onnxruntime-web'] },
});
