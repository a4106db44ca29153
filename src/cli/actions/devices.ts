import type { DeviceReport } from '../../runtime/device-report.ts';
import { devices } from '../../runtime/node/available.ts';
import type { DevicesOptions } from '../devices.ts';
import { formatTable } from '../format.ts';

/** `trilu devices`: what models can run on here, and why the rest is missing. */
export async function runDevices({ json }: DevicesOptions): Promise<void> {
  const reports = await devices();
  process.stdout.write(`${json === true ? JSON.stringify(reports) : formatDevices(reports)}\n`);
}

/** A table of the devices; under it, for each that is missing or less than it could be, why and what to do. */
export function formatDevices(reports: readonly DeviceReport[]): string {
  const rows = reports.map(({ device, available, auto, description }) => [
    device,
    available ? 'yes' : 'no',
    `${description}${auto ? ' (auto takes it)' : ''}`,
  ]);
  return [formatTable(['device', 'available', 'what it is'], rows), ...reports.flatMap(explain)].join('\n');
}

function explain({ device, reason, remedy }: DeviceReport): readonly string[] {
  if (reason === undefined) return [];
  return ['', `${device}: ${reason}.`, ...(remedy === undefined ? [] : [`  What to do: ${remedy}.`])];
}
