import { type DeviceReport, reportDevices } from '../device-report.ts';
import { nodeDevices } from '../devices/node/node-devices.ts';
import { here, lookAt, type Site } from './look.ts';

/**
 * The devices that models can be opened on here, in the order of `auto`, with the reason why each other one is missing and what to
 * do about it. GPUs are tried in processes of their own, so it takes a moment and can't harm this one.
 */
export function devices(): Promise<readonly DeviceReport[]> {
  return devicesAt(here);
}

/** The reports of any machine. */
export function devicesAt(site: Site): Promise<readonly DeviceReport[]> {
  return reportDevices(nodeDevices, (device) => lookAt(device, site, true));
}
