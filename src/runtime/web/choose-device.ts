import { type Chosen, chooseAutomatically, shortcomings } from '../choose-device.ts';
import { absentDeviceError } from '../device-report.ts';
import type { DeviceTable } from '../devices/device-table.ts';
import type { BrowserGlobals, WebDevice } from '../devices/web/web-device.ts';
import { webDevices } from '../devices/web/web-devices.ts';
import type { OpenOptions } from '../session.ts';
import { lookAt } from './look.ts';

/**
 * The device that a model is opened on. `auto` is the device of the highest rank that is there and not emulated in software.
 * @param table the devices that there are
 * @throws UserError when a device that was asked for by name is missing
 */
export async function chooseDevice(
  options: OpenOptions = {},
  table: DeviceTable<WebDevice> = webDevices,
  globals: BrowserGlobals = globalThis,
): Promise<Chosen<WebDevice>> {
  const { device: wanted = 'auto' } = options;
  table.checkOptions(options);
  if (wanted === 'auto') return chooseAutomatically(table, (device) => lookAt(device, options, globals));
  const device = table.named(wanted);
  const finding = await lookAt(device, options, globals);
  const { available, reason = 'it is not there', remedy = 'look at what `devices()` tells of it' } = finding;
  if (!available) throw absentDeviceError(device, { reason, remedy }, table.fallback);
  return { device, notices: shortcomings(finding) };
}
