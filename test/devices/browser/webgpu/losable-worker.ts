import { importRuntime } from '../../../../src/runtime/web/runtime-modules.ts';
import '../../../../src/runtime/web/worker.ts';

// trilu's own worker, with a way for a test to take its GPU away, as a driver that is reset does.
new BroadcastChannel('take the GPU away').onmessage = async () => {
  const { env } = await importRuntime('webgpu');
  const device: unknown = await env.webgpu.device;
  if (device instanceof GPUDevice) device.destroy();
};
