import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';
import { UserError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import { createEngine } from '../onnxruntime.ts';
import { placedOn, providerOf, readPlacement } from '../placement.ts';
import { Queue } from '../queue.ts';
import { createResidentEngine } from '../resident-engine.ts';
import type { OpenOptions, Placement, StatePair } from '../session.ts';
import { explainingFallback, strictOptions } from '../strict.ts';
import { collectLog, withTappedConsole } from './console-tap.ts';
import { gpuDevice, refuseLost, watchDevice } from './device-loss.ts';
import { type WebDevice, type WebRuntime, webDevices } from './devices.ts';
import { GpuBuffers } from './gpu-buffers.ts';
import { capturingEngine } from './graph-capture.ts';

/**
 * The one queue of all sessions of onnxruntime-web: two runs at a time hang the page as soon as one of them is on
 * WebGPU, even when they belong to different sessions. Loading goes through it too.
 */
export const webQueue: Queue = new Queue();

type WebDeviceName = keyof typeof webDevices;

/** Loads a model into onnxruntime-web. @param state what is carried from step to step */
export async function createWebEngine(
  device: WebDeviceName,
  model: Uint8Array,
  state: readonly StatePair[],
  options: OpenOptions,
): Promise<Engine<OrtTensor>> {
  const { threads, signal } = options;
  const runtime = await load(webDevices[device]);
  if (device === 'webgpu') refuseLost(runtime);
  // Takes effect only before the first session: onnxruntime-web starts its threads once. Its own choice of a number
  // needs a browser, and more than one a page that is cross-origin isolated.
  if (threads !== undefined) runtime.env.wasm.numThreads = globalThis.crossOriginIsolated === false ? 1 : threads;
  else if (typeof navigator === 'undefined') runtime.env.wasm.numThreads = 1;
  const create = (bytes: Uint8Array, kept: ReadonlySet<string>): Promise<Engine<OrtTensor>> =>
    createPlainEngine(runtime, device, bytes, kept, options);
  return webQueue.add(
    () =>
      withTappedConsole(() =>
        device === 'wasm' ? create(model, new Set()) : createResidentEngine(model, state, create),
      ),
    signal,
  );
}

async function createPlainEngine(
  runtime: WebRuntime,
  device: WebDeviceName,
  model: Uint8Array,
  kept: ReadonlySet<string>,
  options: OpenOptions,
): Promise<Engine<OrtTensor>> {
  const placement = async (): Promise<readonly Placement[]> => {
    if (device === 'wasm') return placedOn(providerOf[device], model);
    const log = await collectLog(async () => {
      const settings = { ...sessionOptionsFor(device, { ...options, strict: false }), logSeverityLevel: 0 as const };
      const session = await runtime.InferenceSession.create(model, settings);
      await session.release();
    });
    return readPlacement(log, device, model);
  };
  const loadModel = async (): Promise<Engine<OrtTensor>> => {
    const plain = await createEngine({
      runtime,
      device,
      model,
      sessionOptions: sessionOptionsFor(device, options),
      placement,
      kept,
      ...(device === 'webgpu' ? { watch: () => watchDevice(runtime) } : {}),
    });
    if (device !== 'webgpu' || options.graphCapture !== true) return plain;
    return capturingEngine({
      plain,
      buffers: new GpuBuffers(runtime, await gpuDevice(runtime)),
      createRecording: (freeDimensionOverrides) =>
        runtime.InferenceSession.create(model, {
          ...sessionOptionsFor(device, options),
          ...recordable(options),
          freeDimensionOverrides,
          enableGraphCapture: true,
          preferredOutputLocation: 'gpu-buffer',
        }),
    });
  };
  return explainingFallback(device, loadModel, placement);
}

/**
 * ONNX Runtime fuses a MatMul and an Add with Reshapes around them, and takes away a product by 1 that stands behind a Reshape: both
 * leave copies, and a copy is not recorded.
 */
function recordable(options: OpenOptions): InferenceSession.SessionOptions {
  const { extra = {} } = sessionOptionsFor('webgpu', options);
  return { extra: { ...extra, optimization: { disable_specified_optimizers: 'MatMulAddFusion;NoopElimination' } } };
}

function sessionOptionsFor(device: WebDeviceName, options: OpenOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: webDevices[device].providers,
    extra: { session: { set_denormal_as_zero: '1', ...strictOptions(device === 'wasm' ? {} : options) } },
    ...options.sessionOptions,
  };
}

async function load(device: WebDevice): ReturnType<WebDevice['load']> {
  try {
    return await device.load();
  } catch (error) {
    throw new UserError(
      `onnxruntime-web could not be loaded (${messageOf(error)}): install it with \`npm install onnxruntime-web\`.`,
      { cause: error },
    );
  }
}
