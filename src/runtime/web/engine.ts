import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';
import { type Backend, isCpuProvider } from '../devices/device.ts';
import type { Engine } from '../engine.ts';
import { createEngine } from '../onnxruntime.ts';
import { placedOn, readPlacement } from '../placement.ts';
import { Queue } from '../queue.ts';
import { createResidentEngine } from '../resident-engine.ts';
import type { OpenOptions, Placement, StatePair } from '../session.ts';
import { explainingFallback, strictOptions } from '../strict.ts';
import { collectLog, withTappedConsole } from './console-tap.ts';
import { gpuDevice, refuseLost, watchDevice } from './device-loss.ts';
import { GpuBuffers } from './gpu-buffers.ts';
import { capturingEngine } from './graph-capture.ts';
import { loadRuntime, type WebRuntime } from './runtime-modules.ts';

/**
 * The one queue of all sessions of onnxruntime-web: two runs at a time hang the page as soon as one of them is on
 * WebGPU, even when they belong to different sessions. Loading goes through it too.
 */
export const webQueue: Queue = new Queue();

/** Loads a model into onnxruntime-web. @param state what is carried from step to step */
export async function createWebEngine(
  backend: Backend,
  model: Uint8Array,
  state: readonly StatePair[],
  options: OpenOptions,
): Promise<Engine<OrtTensor>> {
  const { threads, signal } = options;
  const runtime = await loadRuntime(backend.runtime);
  if (backend.state === 'gpu-buffer') refuseLost(runtime);
  // Takes effect only before the first session: onnxruntime-web starts its threads once. Its own choice of a number
  // needs a browser, and more than one a page that is cross-origin isolated.
  if (threads !== undefined) runtime.env.wasm.numThreads = globalThis.crossOriginIsolated === false ? 1 : threads;
  else if (typeof navigator === 'undefined') runtime.env.wasm.numThreads = 1;
  const create = (bytes: Uint8Array, kept: ReadonlySet<string>): Promise<Engine<OrtTensor>> =>
    createPlainEngine(runtime, backend, bytes, kept, options);
  return webQueue.add(
    () =>
      withTappedConsole(() =>
        backend.state === 'host' ? create(model, new Set()) : createResidentEngine(model, state, create),
      ),
    signal,
  );
}

async function createPlainEngine(
  runtime: WebRuntime,
  backend: Backend,
  model: Uint8Array,
  kept: ReadonlySet<string>,
  options: OpenOptions,
): Promise<Engine<OrtTensor>> {
  const placement = async (): Promise<readonly Placement[]> => {
    if (isCpuProvider(backend)) return placedOn(backend.executionProvider, model);
    const log = await collectLog(async () => {
      const settings = { ...sessionOptionsFor(backend, { ...options, strict: false }), logSeverityLevel: 0 as const };
      const session = await runtime.InferenceSession.create(model, settings);
      await session.release();
    });
    return readPlacement(log, backend, model);
  };
  const loadModel = async (): Promise<Engine<OrtTensor>> => {
    const plain = await createEngine({
      runtime,
      device: backend.device,
      model,
      sessionOptions: sessionOptionsFor(backend, options),
      placement,
      kept,
      ...(backend.state === 'host' ? {} : { watch: () => watchDevice(runtime) }),
    });
    if (backend.state === 'host' || options.graphCapture !== true) return plain;
    return capturingEngine({
      plain,
      buffers: new GpuBuffers(runtime, await gpuDevice(runtime)),
      createRecording: (freeDimensionOverrides) =>
        runtime.InferenceSession.create(model, {
          ...recordableOptions(backend, options),
          freeDimensionOverrides,
          enableGraphCapture: true,
          preferredOutputLocation: 'gpu-buffer',
        }),
    });
  };
  return explainingFallback(backend, loadModel, placement);
}

/**
 * ONNX Runtime fuses a MatMul and an Add with Reshapes around them, and takes away a product by 1 that stands behind a Reshape: both
 * leave copies, and a copy is not recorded.
 */
function recordableOptions(backend: Backend, options: OpenOptions): InferenceSession.SessionOptions {
  const { extra = {}, ...others } = sessionOptionsFor(backend, options);
  return {
    ...others,
    extra: { ...extra, optimization: { disable_specified_optimizers: 'MatMulAddFusion;NoopElimination' } },
  };
}

function sessionOptionsFor(backend: Backend, options: OpenOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: backend.providers,
    extra: { session: { set_denormal_as_zero: '1', ...strictOptions(backend, options) } },
    ...backend.sessionOptions,
    ...options.sessionOptions,
  };
}
