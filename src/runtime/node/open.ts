import { passedOver } from '../passed-over.ts';
import { openRemote } from '../remote-session.ts';
import { type Place, RemoteWorker, shareWorker } from '../remote-worker.ts';
import type { DeviceName, OpenOptions, Session } from '../session.ts';
import { chooseDevice } from './choose-device.ts';
import { openHere } from './open-here.ts';
import { onWebGpuThread } from './webgpu-thread.ts';
import { startWorker } from './worker-channel.ts';

/** The worker thread of all WebGPU sessions: ONNX Runtime's GPU context bears no second thread. */
const placeForWebGpu: () => Promise<Place> = shareWorker(startWorker);

/**
 * Opens a model in Node, with onnxruntime-node: an optional peer that must be installed beside trilu.
 *
 * ONNX Runtime stops its thread during a run, so the session lives in a worker thread unless `worker: false` is given: in
 * one of its own, or, on webgpu, in one that all such sessions of the process share.
 * A session keeps the process alive only while a call is under way.
 *
 * @param model the bytes of an .onnx file, or its path
 * @param options.device `cpu`, `cuda`, `webgpu`, or `wasm` (onnxruntime-web); `auto` takes the best that works
 * @throws UserError when the file can't be read or is no ONNX file, the device is not there, or a WebGPU session would
 *   live in another thread than those that are open
 * @throws RuntimeError kind `load` when ONNX Runtime refuses the model
 */
export async function open(model: Uint8Array | string, options: OpenOptions = {}): Promise<Session> {
  options.signal?.throwIfAborted();
  // Chosen before all else, because the device says which thread the session goes to.
  const { device, notices } = await chooseDevice(options.device, options.cuda);
  const isAutomatic = options.device === undefined || options.device === 'auto';
  if (!isAutomatic || device === 'cpu') return openOn(device, model, options, notices);
  return openOn(device, model, options, notices).catch((error: unknown) =>
    openOn('cpu', model, options, [...notices, passedOver(device, 'cpu', error)]),
  );
}

async function openOn(
  device: DeviceName,
  model: Uint8Array | string,
  options: OpenOptions,
  notices: readonly string[],
): Promise<Session> {
  const settled: OpenOptions = { ...options, device };
  if (options.worker === false) {
    const here = (): Promise<Session> => openHere(model, settled, true);
    const session = await (device === 'webgpu' ? onWebGpuThread('the calling thread', here) : here());
    return Object.assign(session, { notices: [...notices, ...session.notices] });
  }
  if (device !== 'webgpu') return openRemote(new RemoteWorker(startWorker()).join(), model, settled, notices);
  return onWebGpuThread('a worker thread', async () => openRemote(await placeForWebGpu(), model, settled, notices));
}
