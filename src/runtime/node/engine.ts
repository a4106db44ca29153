import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import { type Backend, isCpuProvider } from '../devices/device.ts';
import type { Engine } from '../engine.ts';
import { createEngine } from '../onnxruntime.ts';
import { placedOn, readPlacement } from '../placement.ts';
import { createResidentEngine } from '../resident-engine.ts';
import type { OpenOptions, Placement, StatePair } from '../session.ts';
import { explainingFallback, strictOptions } from '../strict.ts';
import { createWebEngine } from '../web/engine.ts';
import { identityDownloader } from './downloader.ts';
import { loadOnnxRuntime } from './load.ts';
import { nodeRuntime } from './look.ts';
import { placementLog } from './placement-log.ts';

/** A model as it is opened in Node. */
export interface NodeModel {
  /** Where the file is, if it came from one: ONNX Runtime then finds external data beside it. */
  readonly path?: string;
  readonly bytes: Uint8Array;
  /** What is carried from step to step. */
  readonly state: readonly StatePair[];
}

/** Loads a model in Node. */
export async function createNodeEngine(
  backend: Backend,
  model: NodeModel,
  options: OpenOptions,
): Promise<Engine<OrtTensor>> {
  if (backend.runtime !== nodeRuntime) return createWebEngine(backend, model.bytes, model.state, options);
  if (backend.state === 'host') return createPlainEngine(backend, model, options, new Set());
  return createResidentEngine(model.bytes, model.state, (bytes, kept) =>
    createPlainEngine(backend, bytes === model.bytes ? model : { ...model, bytes, path: undefined }, options, kept),
  );
}

async function createPlainEngine(
  backend: Backend,
  { path, bytes }: { readonly path?: string | undefined; readonly bytes: Uint8Array },
  options: OpenOptions,
  kept: ReadonlySet<string>,
): Promise<Engine<OrtTensor>> {
  const runtime = await loadOnnxRuntime();
  const sessionOptions = sessionOptionsFor(backend, options);
  const placement = async (): Promise<readonly Placement[]> => {
    if (isCpuProvider(backend)) return placedOn(backend.executionProvider, bytes);
    const allowing = sessionOptionsFor(backend, { ...options, strict: false });
    return readPlacement(await placementLog(path ?? bytes, allowing), backend, bytes);
  };
  const load = (): Promise<Engine<OrtTensor>> =>
    createEngine({
      runtime,
      device: backend.device,
      model: path ?? bytes,
      sessionOptions,
      placement,
      kept,
      ...(backend.state === 'host' ? {} : { downloader: identityDownloader(runtime, backend.providers) }),
    });
  return explainingFallback(backend, load, placement);
}

function sessionOptionsFor(backend: Backend, options: OpenOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: backend.providers,
    intraOpNumThreads: options.threads ?? availableParallelism(),
    interOpNumThreads: 1,
    // Values too small for a normal float slow a CPU down many times over and mean nothing to a model.
    extra: { session: { set_denormal_as_zero: '1', ...strictOptions(backend, options) } },
    ...backend.sessionOptions,
    ...options.sessionOptions,
  };
}
