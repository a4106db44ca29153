import { chooseDevice } from '../runtime/node/choose-device.ts';
import { open } from '../runtime/node/open.ts';
import type { DeviceName, OpenOptions, Session } from '../runtime/session.ts';
import { deviceInModule } from './device-module.ts';
import { isDeviceModule, openOptions, type RunningOptions } from './options.ts';

/** A function that opens models with the options of the command line, and prints each notice about the device once. */
export function opener(
  options: RunningOptions,
): (model: Uint8Array | string, how?: Pick<OpenOptions, 'worker'>) => Promise<Session> {
  return async (model, how = {}) => {
    const session = await open(model, { ...(await withDevice(options)), ...how });
    printOnce(session.notices);
    return session;
  };
}

/** The device that a command will run on, so that it can name it before it starts. */
export async function deviceOf(options: RunningOptions): Promise<DeviceName> {
  const chosen = await chooseDevice(await withDevice(options));
  printOnce(chosen.notices);
  return chosen.device.name;
}

/** The options of running, where --device names a module with the name of the device that it defines. */
async function withDevice(options: RunningOptions): Promise<OpenOptions> {
  const { device, ...others } = openOptions(options);
  if (device === undefined) return others;
  return { ...others, device: isDeviceModule(device) ? await deviceInModule(device) : device };
}

/** Notices that were printed: a command opens many models, and each would repeat them. */
const printed = new Set<string>();

function printOnce(notices: readonly string[]): void {
  for (const notice of notices) {
    if (!printed.has(notice)) process.stderr.write(`${notice}\n`);
    printed.add(notice);
  }
}
