import type { DeviceName } from '../../session.ts';
import { DeviceTable } from '../device-table.ts';
import { wasm } from './wasm.ts';
import type { WebDevice } from './web-device.ts';
import { webgpu } from './webgpu.ts';

/** The devices of a browser. */
export const webDevices: DeviceTable<WebDevice> = new DeviceTable([webgpu, wasm], wasm);

/**
 * Adds a device to those of a browser: from then on `open(model, { device: name })` and `devices()` know it, and `auto` takes it by
 * its rank (webgpu has 20, wasm 10).
 *
 * @returns the device
 * @throws UserError for a definition that can't be used, or whose name is taken
 * @example
 * ```ts
 * defineDevice({
 *   name: 'webnn',
 *   description: 'an accelerator, through WebNN',
 *   runtime: 'onnxruntime-web/webgpu',
 *   providers: [{ name: 'webnn', deviceType: 'gpu' }],
 *   executionProvider: 'WebNNExecutionProvider',
 * });
 * ```
 */
export function defineDevice(device: WebDevice): WebDevice {
  return webDevices.add(device);
}

/** The definition of a device of a browser. @throws UserError for a name that no device has */
export function deviceNamed(name: DeviceName): WebDevice {
  return webDevices.named(name);
}
