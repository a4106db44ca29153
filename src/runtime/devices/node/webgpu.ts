import type { AbsenceRow } from '../../device-report.ts';
import type { ProbeResult } from '../../node/probe.ts';
import type { Absence } from '../device.ts';
import { gpuTolerance } from '../tolerance.ts';
import { gpusIn, nvidiaGpus } from './gpus.ts';
import type { NodeDevice } from './node-device.ts';

const driver =
  'install the Vulkan driver of your GPU (Debian, Ubuntu: `apt-get install libvulkan1 mesa-vulkan-drivers`; ' +
  "NVIDIA's own driver brings one)";

const noBuild: Absence = {
  reason: 'onnxruntime-node has no WebGPU for this system',
  remedy: 'use Linux on x64, macOS or Windows, where it has',
};

/** Why WebGPU can't be used, by what ONNX Runtime, Dawn and the Vulkan loader say; most of it stands in the log only. */
const absences: readonly AbsenceRow[] = [
  {
    said: /\[webgpu\] backend not found/,
    means: () => noBuild,
  },
  {
    said: /Couldn't load Vulkan: (.*)/,
    means: ([, what]) => ({ reason: `the Vulkan loader could not be loaded (${what})`, remedy: driver }),
  },
  {
    said: /Found no drivers|VK_ERROR_INCOMPATIBLE_DRIVER/,
    means: () => ({ reason: 'there is no Vulkan driver', remedy: driver }),
  },
  {
    said: /Warning: (.* required)\.?\s+- While initializing adapter/,
    means: ([, what]) => ({
      reason: `no Vulkan device here can do what WebGPU needs (${what})`,
      remedy: `${driver}; Mesa's software driver is not enough`,
    }),
  },
  {
    said: /Failed to get a WebGPU adapter/,
    means: () => ({
      reason: 'there is no GPU that WebGPU can use',
      remedy: 'it needs a GPU with a driver for Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows)',
    }),
  },
];

/** The programs that emulate a GPU, by their names in what drivers say of themselves. */
const software: readonly (readonly [RegExp, string])[] = [
  [/swiftshader/i, 'SwiftShader'],
  [/libvulkan_lvp|llvmpipe|lavapipe/i, 'llvmpipe'],
  [/Microsoft Basic Render|\bWARP\b/i, "Windows' WARP"],
];

/** The software that emulates the GPU which a probe ran on; undefined for a real one. */
export function emulatorOf(
  { drivers, log }: Pick<ProbeResult, 'drivers' | 'log'>,
  gpuFiles: readonly string[] | undefined,
): string | undefined {
  const evidence = [...drivers, ...gpusIn(log)];
  const names = evidence.map((text) => software.find(([pattern]) => pattern.test(text))?.[1]);
  const found = names.find((name) => name !== undefined);
  if (gpuFiles?.length === 0) return found ?? 'software';
  return names.every((name) => name !== undefined) ? found : undefined;
}

/** Both ONNX Runtime and NVIDIA's driver name its GPUs, the driver better. */
function describe(result: ProbeResult | undefined): string | undefined {
  const nvidia = nvidiaGpus();
  const others = gpusIn(result?.log ?? '').filter((name) => nvidia.length === 0 || !name.startsWith('NVIDIA'));
  return [...new Set([...nvidia, ...others])].join(' and ') || undefined;
}

export const webgpu: NodeDevice = {
  name: 'webgpu',
  description: 'a GPU, through Vulkan, Metal or Direct3D 12',
  rank: 20,
  providers: [{ name: 'webgpu' }],
  executionProvider: 'WebGpuExecutionProvider',
  state: 'gpu-buffer',
  // Dawn on whatever driver there is.
  tolerance: gpuTolerance,
  // ONNX Runtime has one GPU context for the whole process, and two threads that use it at a time crash the process.
  oneThread: true,
  missing: ({ platform, architecture }) => (platform === 'linux' && architecture !== 'x64' ? noBuild : undefined),
  probed: true,
  absences,
  expected: (gpuFiles) => gpuFiles && gpuFiles.length > 0,
  unexpected: {
    reason: 'no GPU is to be seen (there is no /dev/dri/renderD*, /dev/nvidia* or /dev/dxg)',
    remedy: 'use a machine with a GPU; a container sees it with `docker run --gpus all` or `--device /dev/dri`',
  },
  describe,
  emulator: emulatorOf,
};
