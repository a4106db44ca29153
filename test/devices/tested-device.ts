import type { Device } from '../../src/runtime/devices/device.ts';

/** Where a device is tested. */
export type Host = 'node' | 'browser';

/** A device as the tests name it: what runs, and in what, such as `webgpu-browser`. */
export function labelOf({ name }: Device, host: Host): string {
  return `${name}-${host}`;
}
