import { wasmEngine } from '../wasm-engine.ts';
import type { NodeDevice } from './node-device.ts';

/** Without a rank: it is slower than `cpu`, and here so that what browsers do can be tested without one. */
export const wasm: NodeDevice = {
  ...wasmEngine,
  description: 'WebAssembly, by onnxruntime-web: as browsers run it, for tests',
};
