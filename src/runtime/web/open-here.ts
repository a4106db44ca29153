import { UserError } from '../../errors.ts';
import { readModelSummary } from '../../onnx/metadata.ts';
import { backendOf } from '../devices/device.ts';
import type { WebDevice } from '../devices/web/web-device.ts';
import { webDevices } from '../devices/web/web-devices.ts';
import { EngineSession } from '../engine-session.ts';
import { fallbackNotice } from '../fallback-notice.ts';
import { describeProgram, readState, withProgramDefaults } from '../program-description.ts';
import type { AddedDevice, RemoteOptions } from '../remote-protocol.ts';
import { messageOf } from '../runtime-error.ts';
import type { Session } from '../session.ts';
import { chooseDevice } from './choose-device.ts';
import { createWebEngine, webQueue } from './engine.ts';
import { webRuntime } from './look.ts';

/** Opens a model in this very thread. @param copies see `EngineSession` */
export async function openHere(model: Uint8Array | string, options: RemoteOptions, copies: boolean): Promise<Session> {
  const { signal } = options;
  signal?.throwIfAborted();
  const { device, notices } = await chooseDevice(
    options,
    options.added === undefined ? webDevices : webDevices.with(options.added.map(revive)),
  );
  const bytes = typeof model === 'string' ? await fetchModel(model, signal) : model;
  const summary = readModelSummary(bytes);
  const openOn = async (taken: WebDevice, told: readonly string[]): Promise<Session> => {
    const engine = await createWebEngine(
      backendOf(taken, webRuntime, options),
      bytes,
      readState(summary),
      withProgramDefaults(summary, options),
    );
    const program = describeProgram(summary, engine.inputs, engine.outputs);
    return new EngineSession(engine, program, { queue: webQueue, copies, notices: told });
  };
  const { fallback } = webDevices;
  const isAutomatic = options.device === undefined || options.device === 'auto';
  if (!isAutomatic || device === fallback) return openOn(device, notices);
  return openOn(device, notices).catch((error: unknown) =>
    openOn(fallback, [...notices, fallbackNotice(device, fallback, error)]),
  );
}

/** An added device as it was on the page, with what was found there. */
function revive({ finding, ...device }: AddedDevice): WebDevice {
  return finding === undefined ? device : { ...device, look: async () => finding };
}

async function fetchModel(address: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const failed = (error: unknown): never => {
    signal?.throwIfAborted();
    throw new UserError(`The model ${address} could not be fetched: ${messageOf(error)}.`, { cause: error });
  };
  const response = await fetch(address, signal === undefined ? {} : { signal }).catch(failed);
  if (!response.ok)
    throw new UserError(`The model ${address} could not be fetched: the server says ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer().catch(failed));
}
