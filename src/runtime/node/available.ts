import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { type Absence, type DeviceReport, markAuto } from '../device-report.ts';
import { absenceIn } from './absence.ts';
import type { Try } from './choose-device.ts';
import { cudaRuledOut } from './cuda.ts';
import { type Machine, thisMachine } from './machine.ts';
import { type ProbeResult, probe } from './probe.ts';
import { emulatorOf, gpusIn, nvidiaGpus, webgpuRuledOut } from './webgpu.ts';

type Report = Omit<DeviceReport, 'auto'>;

const notInstalled: Absence = {
  reason: 'onnxruntime-node is not installed',
  remedy: 'run `npm install onnxruntime-node`',
};

/** The devices that `auto` takes, the best one first. */
const order = ['cuda', 'webgpu', 'cpu'] as const;

/**
 * The devices that models can be opened on here, in the order of `auto`, with the reason why each other one is not there and
 * what to do about it. GPUs are tried in processes of their own, so it takes a moment and can't harm this one.
 */
export function devices(): Promise<readonly DeviceReport[]> {
  return reportDevices(thisMachine, probe);
}

/** The reports of any machine. */
export async function reportDevices(machine: Machine, attempt: Try): Promise<readonly DeviceReport[]> {
  const [cuda, webgpu] = await Promise.all([reportCuda(machine, attempt), reportWebGpu(machine, attempt)]);
  return markAuto([cuda, webgpu, reportCpu(machine), reportWasm()], order);
}

async function reportCuda(machine: Machine, attempt: Try): Promise<Report> {
  const description = 'an NVIDIA GPU, through CUDA';
  const ruledOut = machine.runtime === undefined ? notInstalled : cudaRuledOut(machine);
  if (ruledOut !== undefined) return absent('cuda', description, ruledOut);
  const result = await attempt('cuda', machine);
  if (!result.works) return absent('cuda', description, absenceIn('cuda', result));
  return present('cuda', nameOf(nvidiaGpus(), description));
}

async function reportWebGpu(machine: Machine, attempt: Try): Promise<Report> {
  const description = 'a GPU, through Vulkan, Metal or Direct3D 12';
  if (machine.runtime === undefined) return absent('webgpu', description, notInstalled);
  const [gpuFiles, result] = await Promise.all([machine.gpuFiles(), attempt('webgpu', machine)]);
  if (!result.works) {
    return absent('webgpu', description, webgpuRuledOut(machine, gpuFiles) ?? absenceIn('webgpu', result));
  }
  const emulator = emulatorOf(result, gpuFiles);
  if (emulator === undefined) return present('webgpu', nameOf(gpuNames(result), description));
  return {
    ...present('webgpu', `${emulator === 'software' ? 'a GPU' : emulator}, emulated in software`),
    emulated: true,
    reason: 'there is no GPU behind it, so it is slower than the CPU, and auto passes it over',
    remedy: 'use it for tests only',
  };
}

function gpuNames(result: ProbeResult): readonly string[] {
  const nvidia = nvidiaGpus();
  const others = gpusIn(result.log).filter((name) => nvidia.length === 0 || !name.startsWith('NVIDIA'));
  return [...nvidia, ...others];
}

function nameOf(names: readonly string[], otherwise: string): string {
  return names.length === 0 ? otherwise : [...new Set(names)].join(' and ');
}

function reportCpu({ runtime }: Machine): Report {
  const cores = availableParallelism();
  const model = cpus()[0]?.model.trim();
  const name = model === undefined || model === '' || model === 'unknown' ? process.arch : model;
  const description = `${name}, ${cores} ${cores === 1 ? 'core' : 'cores'}`;
  return runtime === undefined ? absent('cpu', description, notInstalled) : present('cpu', description);
}

function reportWasm(): Report {
  const description = 'WebAssembly, by onnxruntime-web: as browsers run it, for tests';
  try {
    createRequire(import.meta.url).resolve('onnxruntime-web/wasm');
    return present('wasm', description);
  } catch {
    const remedy = 'run `npm install onnxruntime-web`';
    return absent('wasm', description, { reason: 'onnxruntime-web is not installed', remedy });
  }
}

function present(device: Report['device'], description: string): Report {
  return { device, available: true, emulated: false, description };
}

function absent(device: Report['device'], description: string, absence: Absence): Report {
  return { device, available: false, emulated: false, description, ...absence };
}
