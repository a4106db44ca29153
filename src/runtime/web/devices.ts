import type { InferenceSession } from 'onnxruntime-web';
import type { OnnxRuntime } from '../onnxruntime.ts';

/** The part of onnxruntime-web's `env` that we set. */
interface WebRuntime extends OnnxRuntime {
  readonly env: { readonly wasm: { numThreads?: number | undefined } };
}

/** How a device is served by onnxruntime-web. */
export interface WebDevice {
  /** Loads the build of onnxruntime-web; dynamic, so that a bundler puts it into a chunk of its own. */
  readonly load: () => Promise<WebRuntime>;
  readonly providers: readonly InferenceSession.ExecutionProviderConfig[];
}

/** The devices of onnxruntime-web. */
export const webDevices: { readonly wasm: WebDevice; readonly webgpu: WebDevice } = {
  wasm: { load: () => import('onnxruntime-web/wasm'), providers: ['wasm'] },
  webgpu: { load: () => import('onnxruntime-web/webgpu'), providers: [{ name: 'webgpu' }] },
};
