import type { Command } from 'commander';
import type { DeviceReport } from '../../runtime/device-report.ts';
import { nodeDevices } from '../../runtime/devices/node/node-devices.ts';
import type { CommandDefinition } from '../command.ts';
import { formatTable } from '../format.ts';
import { addJsonOption } from '../options.ts';

interface DevicesOptions {
  /** A module that defines a device. */
  readonly device?: string;
  readonly json?: boolean;
}

export const devicesCommand: CommandDefinition = {
  name: 'devices',
  description: 'list the available devices, and what each missing one needs',
  register,
};

function register(command: Command): void {
  addJsonOption(command)
    .option('--device <file>', 'list the device that this module defines as well')
    .addHelpText(
      'after',
      `
Examples:
  trilu devices
  trilu devices --json
  trilu devices --device ./my-device.js

Where a device is missing, it says why and what to do. --device takes any of the names, or
a module that defines a device: docs/devices.md. auto is the first that works
and is no emulation: ${nodeDevices.ranked.map(({ name }) => name).join(', ')}.`,
    )
    .action(printDevices);
}

/** Prints the available devices, and what each missing one needs. */
async function printDevices({ json, device }: DevicesOptions): Promise<void> {
  const { devices } = await import('../../runtime/node/available.ts');
  if (device !== undefined) {
    const { deviceInModule } = await import('../device-module.ts');
    await deviceInModule(device);
  }
  const reports = await devices();
  process.stdout.write(`${json === true ? JSON.stringify(reports) : formatDevices(reports)}\n`);
}

/** A table of the devices; below it, for each one that is missing or slower than it could be, why and what to do. */
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
