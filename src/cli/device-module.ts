import { existsSync } from 'node:fs';
import { UserError } from '../errors.ts';
import { nodeDevices } from '../runtime/devices/node/node-devices.ts';
import type { DeviceName } from '../runtime/session.ts';
import { importUserModule } from './user-module.ts';

/**
 * The name of the device that a module defines: its export `device`, which `defineDevice` of trilu/node gives.
 * @param path as the user wrote it
 * @throws UserError when the module can't be loaded, or defines no device
 */
export async function deviceInModule(path: string): Promise<DeviceName> {
  const { device } = await load(path);
  const found = nodeDevices.added.find((added) => added === device);
  if (found === undefined) {
    throw new UserError(
      `The module ${path} defines no device: it must have \`export const device = defineDevice({ … })\`, with defineDevice of trilu/node.`,
    );
  }
  return found.name;
}

async function load(path: string): Promise<{ readonly device?: unknown }> {
  if (!existsSync(path)) throw new UserError(`The module ${path} that --device names does not exist.`);
  try {
    return await importUserModule(path);
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UserError(`The module ${path} that --device names can't be loaded: ${reason.replace(/\.$/, '')}.`, {
      cause,
    });
  }
}
