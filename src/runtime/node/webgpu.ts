import { readdirSync, readFileSync } from 'node:fs';
import type { Absence, AbsenceRow } from '../device-report.ts';
import type { Machine } from './machine.ts';
import type { ProbeResult } from './probe.ts';

const driver =
  'install the Vulkan driver of your GPU (Debian, Ubuntu: `apt-get install libvulkan1 mesa-vulkan-drivers`; ' +
  "NVIDIA's own driver brings one)";

const noBuild: Absence = {
  reason: 'onnxruntime-node has no WebGPU for this system',
  remedy: 'use Linux on x64, macOS or Windows, where it has',
};

/** Why WebGPU can't be used, by what ONNX Runtime, Dawn and the Vulkan loader say; most of it stands in the log only. */
export const webgpuAbsences: readonly AbsenceRow[] = [
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

/** What a look at the files says: why `auto` need not try WebGPU; undefined when it may work. */
export function webgpuRuledOut(
  { platform, architecture }: Machine,
  gpuFiles: readonly string[] | undefined,
): Absence | undefined {
  if (platform === 'linux' && architecture !== 'x64') return noBuild;
  if (gpuFiles?.length !== 0) return undefined;
  return {
    reason: 'no GPU is to be seen (there is no /dev/dri/renderD*, /dev/nvidia* or /dev/dxg)',
    remedy: 'use a machine with a GPU; a container sees it with `docker run --gpus all` or `--device /dev/dri`',
  };
}

const software: readonly (readonly [RegExp, string])[] = [
  [/swiftshader/i, 'SwiftShader'],
  [/libvulkan_lvp|llvmpipe|lavapipe/i, 'llvmpipe'],
  [/Microsoft Basic Render|\bWARP\b/i, "Windows' WARP"],
];

/** The names of vendors by their PCI numbers, where ONNX Runtime finds no name of the GPU. */
const vendors: Readonly<Record<string, string>> = {
  '10de': 'NVIDIA',
  '1002': 'AMD',
  '8086': 'Intel',
  '106b': 'Apple',
  '5143': 'Qualcomm',
};

/** The GPUs that ONNX Runtime found, by name or vendor: it lists them in its log. */
export function gpusIn(log: string): readonly string[] {
  const lines = log.matchAll(/OrtHardwareDevice \{vendor_id:0x(\w+), .*?vendor:(.*?), type:1, metadata: \[(.*?)\]\}/g);
  return [...lines].map(([, id = '', vendor = '', metadata = '']) => {
    const name = /Description=([^,]+)/.exec(metadata)?.[1];
    return name ?? `${vendors[id.toLowerCase()] ?? (vendor === '' ? 'unknown' : vendor)} GPU`;
  });
}

/** NVIDIA's GPUs as its driver on Linux names them. */
export function nvidiaGpus(folder = '/proc/driver/nvidia/gpus'): readonly string[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      const model = /^Model:\s*(.+)$/m.exec(readFileSync(`${folder}/${name}/information`, 'utf8'))?.[1];
      return model === undefined ? [] : [model.trim()];
    });
  } catch {
    return [];
  }
}

/** The software that plays the GPU which a probe ran on; undefined for a real one. */
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
