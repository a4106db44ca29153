import { backendOf, deviceData } from '../devices/device.ts';
import type { NodeDevice } from '../devices/node/node-device.ts';
import { nodeDevices } from '../devices/node/node-devices.ts';
import { fallbackNotice } from '../fallback-notice.ts';
import type { RemoteOptions } from '../remote-protocol.ts';
import { openRemote } from '../remote-session.ts';
import { type Place, RemoteWorker, shareWorker } from '../remote-worker.ts';
import type { OpenOptions, Session } from '../session.ts';
import { explainAbsence } from './absence.ts';
import { chooseDevice } from './choose-device.ts';
import { nodeRuntime } from './look.ts';
import { inOneThread } from './one-thread.ts';
import { openHere } from './open-here.ts';
import { startWorker } from './worker-channel.ts';

/** The worker thread of all sessions that must live in one. */
const sharedPlace: () => Promise<Place> = shareWorker(startWorker);

/**
 * Opens a model in Node, with onnxruntime-node: an optional peer that must be installed beside trilu.
 *
 * ONNX Runtime stops its thread during a run, so the session lives in a worker thread unless `worker: false` is given: in
 * one of its own, or, on webgpu, in one that all such sessions of the process share.
 * A session keeps the process alive only while a call is under way.
 *
 * @param model the bytes of an .onnx file, or its path
 * @param options.device `cpu`, `cuda`, `webgpu`, `wasm` (onnxruntime-web) or an added one; `auto` takes the best that works
 * @throws UserError when the file can't be read or is no ONNX file, the device is missing, or a WebGPU session would
 *   live in another thread than those that are open
 * @throws RuntimeError kind `load` when ONNX Runtime refuses the model
 */
export async function open(model: Uint8Array | string, options: OpenOptions = {}): Promise<Session> {
  options.signal?.throwIfAborted();
  // Chosen before all else, because the device says which thread the session goes to.
  const { device, notices } = await chooseDevice(options);
  const { fallback } = nodeDevices;
  const isAutomatic = options.device === undefined || options.device === 'auto';
  if (!isAutomatic || device === fallback) return openOn(device, model, options, notices);
  return openOn(device, model, options, notices).catch((error: unknown) =>
    openOn(fallback, model, options, [...notices, fallbackNotice(device, fallback, error)]),
  );
}

async function openOn(
  device: NodeDevice,
  model: Uint8Array | string,
  options: OpenOptions,
  notices: readonly string[],
): Promise<Session> {
  const isAdded = nodeDevices.added.includes(device);
  const settled: RemoteOptions = {
    ...options,
    device: device.name,
    ...(isAdded ? { added: [deviceData(device, options)] } : {}),
  };
  const openThere = async (): Promise<Session> => {
    if (options.worker !== false) return openRemote(await placeFor(device), model, settled, notices);
    const session = await openHere(model, settled, true);
    return Object.assign(session, { notices: [...notices, ...session.notices] });
  };
  const thread = options.worker === false ? 'the calling thread' : 'a worker thread';
  try {
    return await (device.oneThread === true ? inOneThread(device.name, thread, openThere) : openThere());
  } catch (error) {
    throw await explainAbsence(device, error, backendOf(device, nodeRuntime, options));
  }
}

/** A worker thread of its own for the session, or the shared one. */
async function placeFor({ oneThread }: NodeDevice): Promise<Place> {
  return oneThread === true ? sharedPlace() : new RemoteWorker(startWorker()).join();
}
