import type { DeviceName } from '../../session.ts';
import { DeviceTable } from '../device-table.ts';
import { cpu } from './cpu.ts';
import { cuda } from './cuda.ts';
import type { NodeDevice } from './node-device.ts';
import { wasm } from './wasm.ts';
import { webgpu } from './webgpu.ts';

/** The devices of Node. */
export const nodeDevices: DeviceTable<NodeDevice> = new DeviceTable([cuda, webgpu, cpu, wasm], cpu);

/**
 * Adds a device to those of Node: from then on `open(model, { device: name })`, `devices()` and the command line's `--device`
 * know it, and `auto` takes it by its rank (cuda has 30, webgpu 20, cpu 10).
 *
 * @returns the device
 * @throws UserError for a definition that can't be used, or whose name is taken
 * @example
 * ```ts
 * defineDevice({
 *   name: 'coreml',
 *   description: 'a GPU or neural engine of Apple, through Core ML',
 *   rank: 25,
 *   providers: ['coreml'],
 *   executionProvider: 'CoreMLExecutionProvider',
 *   probed: true,
 * });
 * ```
 */
export function defineDevice(device: NodeDevice): NodeDevice {
  return nodeDevices.add(device);
}

/** The definition of a device of Node. @throws UserError for a name that no device has */
export function deviceNamed(name: DeviceName): NodeDevice {
  return nodeDevices.named(name);
}
