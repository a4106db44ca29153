import type { Command } from 'commander';
import { addJsonOption } from './options.ts';

/** What `devices` takes. */
export interface DevicesOptions {
  readonly json?: boolean;
}

/** Gives `devices` its options; what it does is in actions/devices.ts. */
export function register(command: Command): void {
  addJsonOption(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu devices
  trilu devices --json

Where a device is missing, it says why and what to do. --device takes any of the names; auto is the first that works
and is no emulation: cuda, webgpu, cpu.`,
    )
    .action(async (options: DevicesOptions) => {
      const { runDevices } = await import('./actions/devices.ts');
      await runDevices(options);
    });
}
