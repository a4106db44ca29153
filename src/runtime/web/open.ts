import { UserError } from '../../errors.ts';
import { readModelSummary } from '../../onnx/metadata.ts';
import { EngineSession } from '../engine-session.ts';
import { messageOf } from '../errors.ts';
import { describeProgram } from '../program.ts';
import type { OpenOptions, Session } from '../session.ts';
import { createWebEngine, webQueue } from './engine.ts';

/**
 * Opens a model with onnxruntime-web, an optional peer that must be installed beside trilu.
 *
 * Runs in the thread that calls it: in a page, call it inside a module worker to keep the page responsive.
 *
 * @param model the bytes of an .onnx file, or its address
 * @param options.device `wasm` or `webgpu`; `auto` takes webgpu where the browser has an adapter, else wasm
 * @throws UserError when the file can't be fetched or is no ONNX file, or the device is not there
 * @throws RuntimeError kind `load` when ONNX Runtime refuses the model
 */
export async function open(model: Uint8Array | string, options: OpenOptions = {}): Promise<Session> {
  const { signal } = options;
  signal?.throwIfAborted();
  const device = await chooseDevice(options.device ?? 'auto');
  const bytes = typeof model === 'string' ? await fetchModel(model, signal) : model;
  const summary = readModelSummary(bytes);
  const engine = await createWebEngine(device, bytes, options);
  return new EngineSession(engine, describeProgram(summary, engine.inputs, engine.outputs), webQueue);
}

async function chooseDevice(wanted: NonNullable<OpenOptions['device']>): Promise<'wasm' | 'webgpu'> {
  if (wanted === 'wasm') return wanted;
  if (wanted === 'cpu' || wanted === 'cuda') {
    throw new UserError(`The device ${wanted} exists in Node only: use wasm, webgpu or auto in a browser.`);
  }
  if (await hasWebGpuAdapter()) return 'webgpu';
  if (wanted === 'auto') return 'wasm';
  throw new UserError('The device webgpu is not available: this browser gives no WebGPU adapter. Use wasm or auto.');
}

async function hasWebGpuAdapter(): Promise<boolean> {
  if (typeof navigator === 'undefined' || !('gpu' in navigator)) return false;
  const gpu: unknown = navigator.gpu;
  if (typeof gpu !== 'object' || gpu === null || !('requestAdapter' in gpu)) return false;
  const { requestAdapter } = gpu;
  if (typeof requestAdapter !== 'function') return false;
  const adapter: unknown = await Promise.resolve(requestAdapter.call(gpu)).catch(() => null);
  return adapter !== null && adapter !== undefined;
}

async function fetchModel(address: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const response = await fetch(address, signal === undefined ? {} : { signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw new UserError(`The model ${address} could not be fetched: ${messageOf(error)}.`, { cause: error });
  });
  if (!response.ok)
    throw new UserError(`The model ${address} could not be fetched: the server says ${response.status}.`);
  return new Uint8Array(await response.arrayBuffer());
}
