import { type Absence, backendOf, type Finding, type RuntimePackage } from '../devices/device.ts';
import type { NodeDevice } from '../devices/node/node-device.ts';
import { absenceIn } from './absence.ts';
import { type Machine, resolveModule, thisMachine } from './machine.ts';
import { type ProbeResult, probe } from './probe.ts';

/** The package that serves a device of Node which names none. */
export const nodeRuntime: RuntimePackage = 'onnxruntime-node';

/** A machine, and how devices are probed on it. */
export interface Site {
  readonly machine: Machine;
  readonly attempt: (device: NodeDevice, machine: Machine) => Promise<ProbeResult>;
}

/** Where this runs. */
export const here: Site = {
  machine: thisMachine,
  attempt: (device, machine) => probe(backendOf(device, nodeRuntime).providers, machine),
};

/**
 * Looks whether a device is there.
 * @param thorough also probes a device that nothing points to
 */
export async function lookAt(device: NodeDevice, { machine, attempt }: Site, thorough: boolean): Promise<Finding> {
  const missing = missingPackage(device, machine) ?? device.missing?.(machine);
  if (missing !== undefined) return { ...absent(device, missing), unexpected: true };
  if (device.probed !== true) return present(device);
  const gpuFiles = await machine.gpuFiles();
  const expected = device.expected === undefined || device.expected(gpuFiles);
  if (expected === false && !thorough) return { ...absent(device, device.unexpected), unexpected: true };
  const result = await attempt(device, machine);
  if (!result.works) {
    const absence = (expected === false ? device.unexpected : undefined) ?? absenceIn(device, result);
    return { ...absent(device, absence), unexpected: expected !== true };
  }
  const emulator = device.emulator?.(result, gpuFiles);
  return emulator === undefined ? present(device, result) : emulated(emulator);
}

function missingPackage({ runtime = nodeRuntime }: NodeDevice, machine: Machine): Absence | undefined {
  const [name = runtime] = runtime.split('/');
  const file = runtime === nodeRuntime ? machine.runtime : resolveModule(runtime);
  if (file !== undefined) return undefined;
  return { reason: `${name} is not installed`, remedy: `run \`npm install ${name}\`` };
}

function present({ description, describe }: NodeDevice, result?: ProbeResult): Finding {
  return { available: true, emulated: false, description: describe?.(result) ?? description };
}

function absent({ description }: NodeDevice, absence: Absence | undefined): Finding {
  return { available: false, emulated: false, description, ...absence };
}

function emulated(emulator: string): Finding {
  return {
    available: true,
    emulated: true,
    description: `${emulator}, emulated in software`,
    reason: 'there is no GPU behind it, so it is slower than the CPU, and auto passes it over',
    remedy: 'use it for tests only',
    unexpected: true,
  };
}
