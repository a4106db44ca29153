import type { DeviceWatch } from '../onnxruntime.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { WebRuntime } from './runtime-modules.ts';

/** The GPU that onnxruntime-web uses; made with its first session. @throws RuntimeError kind `load` before that */
export async function gpuDevice(runtime: WebRuntime): Promise<GPUDevice> {
  const device: unknown = await runtime.env.webgpu.device;
  if (typeof GPUDevice !== 'undefined' && device instanceof GPUDevice) return device;
  throw new RuntimeError('load', 'onnxruntime-web has not started its GPU device.');
}

/** How each runtime's GPU was lost while sessions lived on it; for good, since the runtime then gets no other. */
const losses = new WeakMap<WebRuntime, RuntimeError>();

/** How many sessions live on a device. ONNX Runtime destroys it with the last one, which is no loss. */
const living = new WeakMap<GPUDevice, number>();

/** Watches over the GPU for one session. To be called when the session has been made, because the first one makes the device. */
export function watchDevice(runtime: WebRuntime): DeviceWatch {
  const device = gpuDevice(runtime).then((gpu) => {
    living.set(gpu, (living.get(gpu) ?? 0) + 1);
    return gpu;
  });
  return {
    lost: device.then((gpu) => lossOf(gpu, runtime)),
    async leave() {
      const gpu = await device;
      living.set(gpu, (living.get(gpu) ?? 1) - 1);
    },
  };
}

async function lossOf(gpu: GPUDevice, runtime: WebRuntime): Promise<RuntimeError> {
  const { reason, message } = await gpu.lost;
  if (living.get(gpu) === 0) return new Promise<never>(() => undefined);
  const why = [reason, message].filter((part) => part !== '' && part !== 'unknown').join(': ');
  const error = new RuntimeError(
    'device-lost',
    `The GPU was lost${why === '' ? '' : ` (${why})`}: its memory is gone. Open the model again, or on another device.`,
  );
  losses.set(runtime, error);
  return error;
}

/** @throws RuntimeError kind `device-lost` when the runtime's GPU was lost: it gets no other */
export function refuseLost(runtime: WebRuntime): void {
  const cause = losses.get(runtime);
  if (cause === undefined) return;
  throw new RuntimeError(
    'device-lost',
    'The GPU was lost, and ONNX Runtime takes no other in this thread: leave `worker: false` out, load the page anew, or ' +
      'use the device wasm.',
    { cause },
  );
}
