import type { Device } from './device.ts';
import { processorTolerance } from './tolerance.ts';

/** What `wasm` is in Node and in browsers alike. */
export const wasmEngine = {
  name: 'wasm',
  runtime: 'onnxruntime-web/wasm',
  providers: ['wasm'],
  // The name is that of the CPU's kernels, which are compiled to WebAssembly.
  executionProvider: 'CPUExecutionProvider',
  splitsBatch: true,
  // The kernels of the CPU in 128-bit vectors.
  tolerance: processorTolerance,
} as const satisfies Partial<Device>;
