import type { InferenceSession } from 'onnxruntime-node';
import type { DeviceName } from '../session.ts';

/** How a device is served by onnxruntime-node. */
export interface NodeDevice {
  readonly providers: readonly InferenceSession.ExecutionProviderConfig[];
  /** What ONNX Runtime says when the device is not there: it never falls back by itself. */
  readonly absent?: RegExp;
  /** Why it may not be there, and how to get it. */
  readonly remedy?: string;
}

/** The devices of onnxruntime-node. */
export const nodeDevices: Readonly<Record<Exclude<DeviceName, 'wasm'>, NodeDevice>> = {
  cpu: { providers: ['cpu'] },
  cuda: {
    providers: ['cuda'],
    absent: /CUDA|shared library|backend not found/i,
    remedy:
      'it needs an NVIDIA GPU, CUDA 12, cuDNN 9 and the CUDA library of onnxruntime-node, ' +
      'which `ONNXRUNTIME_NODE_INSTALL=1 node node_modules/onnxruntime-node/script/install.js` fetches',
  },
  webgpu: {
    providers: [{ name: 'webgpu' }],
    absent: /adapter|WebGPU|Vulkan|Metal|D3D12|backend not found/i,
    remedy: 'it needs a GPU with a driver for Vulkan, Metal or Direct3D 12',
  },
};
