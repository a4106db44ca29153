import { type DeviceReport, reportDevices } from '../device-report.ts';
import type { BrowserGlobals } from '../devices/web/web-device.ts';
import { webDevices } from '../devices/web/web-devices.ts';
import { lookAt } from './look.ts';

/**
 * The devices that models can be opened on in this browser, in the order of `auto`, with the reason why each other one is missing
 * or worse than it could be, and what to do about it.
 */
export function devices(): Promise<readonly DeviceReport[]> {
  return devicesOf(globalThis);
}

/** The reports of any browser. */
export function devicesOf(globals: BrowserGlobals): Promise<readonly DeviceReport[]> {
  return reportDevices(webDevices, (device) => lookAt(device, {}, globals));
}
