import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';
import type { OnnxRuntime } from '../onnxruntime.ts';
import { importRuntime } from './runtime-modules.ts';

/** The part of onnxruntime-web's `env` that we set. */
export interface WebRuntime extends OnnxRuntime {
  readonly env: {
    readonly wasm: { numThreads?: number | undefined };
    readonly webgpu: { readonly device: unknown };
  };
  readonly Tensor: typeof OrtTensor;
}

/** How a device is served by onnxruntime-web. */
export interface WebDevice {
  /** Loads the build of onnxruntime-web; dynamic, so that a bundler puts it into a chunk of its own. */
  readonly load: () => Promise<WebRuntime>;
  readonly providers: readonly InferenceSession.ExecutionProviderConfig[];
}

/** The devices of onnxruntime-web. */
export const webDevices: { readonly wasm: WebDevice; readonly webgpu: WebDevice } = {
  wasm: { load: () => importRuntime('wasm'), providers: ['wasm'] },
  webgpu: { load: () => importRuntime('webgpu'), providers: [{ name: 'webgpu' }] },
};
