import { type Chosen, chooseAutomatically } from '../choose-device.ts';
import { absentDeviceError } from '../device-report.ts';
import type { NodeDevice } from '../devices/node/node-device.ts';
import { nodeDevices } from '../devices/node/node-devices.ts';
import type { OpenOptions } from '../session.ts';
import { here, lookAt } from './look.ts';
import { thisMachine } from './machine.ts';

/** The answer to `auto`, which holds as long as the process lives and no device is added. */
let automatic: { readonly among: number; readonly chosen: Promise<Chosen<NodeDevice>> } | undefined;

/**
 * The device that a model is opened on. `auto` is the device of the highest rank that works; devices are tried in a process of
 * their own, and only where a look at the system's files says that they may be there, so that a machine without a GPU loses
 * no time. A GPU that is emulated in software is passed over.
 *
 * The answer is remembered in the thread that asks: ask in the main thread, and tell workers the device by name.
 *
 * @throws UserError when a device that was asked for by name is missing, or an option that only one device takes is wrong
 */
export async function chooseDevice(options: OpenOptions = {}): Promise<Chosen<NodeDevice>> {
  const { device: wanted = 'auto' } = options;
  nodeDevices.checkOptions(options);
  const chosen = wanted === 'auto' ? await chosenOnce() : takeNamed(nodeDevices.named(wanted));
  chosen.device.prepare?.(options);
  return chosen;
}

function chosenOnce(): Promise<Chosen<NodeDevice>> {
  const among = nodeDevices.all.length;
  if (automatic?.among !== among) {
    automatic = { among, chosen: chooseAutomatically(nodeDevices, (device) => lookAt(device, here, false)) };
  }
  return automatic.chosen;
}

/** A device by name is taken as it is: opening tells whether it works, and only what is missing for certain is refused here. */
function takeNamed(device: NodeDevice): Chosen<NodeDevice> {
  const absence = device.missing?.(thisMachine);
  if (absence !== undefined) throw absentDeviceError(device, absence, nodeDevices.fallback);
  return { device, notices: [] };
}
