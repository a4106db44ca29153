import { deviceData } from '../devices/device.ts';
import type { WebDevice } from '../devices/web/web-device.ts';
import { webDevices } from '../devices/web/web-devices.ts';
import type { AddedDevice } from '../remote-protocol.ts';
import { openRemote } from '../remote-session.ts';
import { shareWorker } from '../remote-worker.ts';
import type { OpenOptions, Session } from '../session.ts';
import { lookAt } from './look.ts';
import { startWorker } from './start-worker.ts';

/** The worker of all sessions of the page: two runs may never overlap, and each worker loads a runtime of its own. */
const placeInWorker = shareWorker(startWorker);

/**
 * Opens a model with onnxruntime-web, an optional peer that must be installed beside trilu.
 *
 * All sessions of a page live in one module worker, which starts with the first and ends with the last, so that the page
 * stays free. With `worker: false`, and in Node, a session lives in the thread that calls.
 *
 * @param model the bytes of an .onnx file, or its address
 * @param options.device `wasm`, `webgpu` or an added one; `auto` takes webgpu where the browser has an adapter, else wasm
 * @param options.worker also a function that starts the worker of `trilu/web/worker`, for bundlers that don't find it by
 *   themselves; it is called when there is no worker yet
 * @throws UserError when the file can't be fetched or is no ONNX file, or the device is not there
 * @throws RuntimeError kind `load` when ONNX Runtime refuses the model, kind `worker` when the worker can't be started
 */
export async function open(model: Uint8Array | string, options: OpenOptions = {}): Promise<Session> {
  const { worker = true, signal } = options;
  signal?.throwIfAborted();
  if (worker === false || !hasWebWorkers()) {
    // Loaded when it is needed: a page whose sessions live in a worker has no use for it.
    const { openHere } = await import('./open-here.ts');
    return openHere(model, options, true);
  }
  const added = await Promise.all(webDevices.added.map((device) => withFinding(device, options)));
  const place = await placeInWorker(typeof worker === 'function' ? worker : undefined);
  return openRemote(place, typeof model === 'string' ? absolute(model) : model, {
    ...options,
    ...(added.length === 0 ? {} : { added }),
  });
}

/** A device that was added in the page, as the worker is told of it. */
async function withFinding(device: WebDevice, options: OpenOptions): Promise<AddedDevice> {
  return { ...deviceData(device, options), finding: await lookAt(device, options, globalThis) };
}

/** Not so in Node, where onnxruntime-web makes a global of the Worker of node:worker_threads, which is another thing. */
function hasWebWorkers(): boolean {
  return typeof Worker !== 'undefined' && 'addEventListener' in Worker.prototype;
}

/** An address as the page means it: relative to the page, not to the worker's file. */
function absolute(address: string): string {
  return new URL(address, typeof document === 'undefined' ? location.href : document.baseURI).href;
}
