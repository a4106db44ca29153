import { type DeviceReport, markAuto } from '../device-report.ts';
import { type ThreadGlobals, threadsAbsence, webgpuAbsence } from './absence.ts';
import { findAdapter, type WebGpuGlobals } from './adapter.ts';

/** What a browser's globals tell of its devices. */
export type DeviceGlobals = WebGpuGlobals & ThreadGlobals;

/**
 * The devices that models can be opened on in this browser, in the order of `auto`, with the reason why each other one is not
 * there, or is less than it could be, and what to do about it.
 */
export function devices(): Promise<readonly DeviceReport[]> {
  return reportDevices(globalThis);
}

/** The reports of any browser. */
export async function reportDevices(globals: DeviceGlobals): Promise<readonly DeviceReport[]> {
  const { found, name, message } = await findAdapter(globals);
  const emulated = found === 'software';
  const webgpu = {
    device: 'webgpu',
    available: emulated || found === 'hardware',
    emulated,
    description: `${name === '' ? 'a GPU' : name}${emulated ? ', emulated in software' : ''}`,
    ...webgpuAbsence({ found, message }, globals),
  } as const;
  const threads = threadsAbsence(globals);
  const wasm = {
    device: 'wasm',
    available: true,
    emulated: false,
    description: `WebAssembly, ${threads === undefined ? 'several threads' : '1 thread'}`,
    ...threads,
  } as const;
  return markAuto([webgpu, wasm], ['webgpu', 'wasm']);
}
