import { openRemote } from '../remote-session.ts';
import type { OpenOptions, Session } from '../session.ts';
import { openHere } from './open-here.ts';
import { startWorker } from './worker-channel.ts';

/**
 * Opens a model in Node, with onnxruntime-node: an optional peer that must be installed beside trilu.
 *
 * ONNX Runtime stops its thread during a run, so the session lives in a worker thread unless `worker: false` is given.
 * A session keeps the process alive only while a call is under way.
 *
 * @param model the bytes of an .onnx file, or its path
 * @param options.device `cpu` (what `auto` takes), `cuda`, `webgpu`, or `wasm` (onnxruntime-web)
 * @throws UserError when the file can't be read or is no ONNX file, or the device is not there
 * @throws RuntimeError kind `load` when ONNX Runtime refuses the model
 */
export async function open(model: Uint8Array | string, options: OpenOptions = {}): Promise<Session> {
  if (options.worker === false) return openHere(model, options, true);
  return openRemote(startWorker(), model, options);
}
