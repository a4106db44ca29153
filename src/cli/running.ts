import { chooseDevice } from '../runtime/node/choose-device.ts';
import { open } from '../runtime/node/open.ts';
import type { DeviceName, OpenOptions, Session } from '../runtime/session.ts';
import type { RunningOptions } from './options.ts';

/** Opens a model as the command line asked for it; what is worth telling of the device goes to stderr, once. */
export function opener(
  options: RunningOptions,
): (model: Uint8Array | string, how?: Pick<OpenOptions, 'worker'>) => Promise<Session> {
  const asked = openOptions(options);
  return async (model, how = {}) => {
    const session = await open(model, { ...asked, ...how });
    tell(session.notices);
    return session;
  };
}

/** The device that a command will run on, by name, so that it can say so before it starts. */
export async function deviceOf(options: RunningOptions): Promise<DeviceName> {
  const { device, cuda } = openOptions(options);
  const chosen = await chooseDevice(device, cuda);
  tell(chosen.notices);
  return chosen.device;
}

function openOptions({ device, threads, cudaDevice, tf32 }: RunningOptions): OpenOptions {
  return {
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    cuda: {
      ...(cudaDevice === undefined ? {} : { deviceId: cudaDevice }),
      ...(tf32 === undefined ? {} : { tf32 }),
    },
  };
}

/** What was told: a command opens many models, and each would tell the same. */
const told = new Set<string>();

function tell(notices: readonly string[]): void {
  for (const notice of notices) {
    if (!told.has(notice)) process.stderr.write(`${notice}\n`);
    told.add(notice);
  }
}
