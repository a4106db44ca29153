import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Engine } from '../engine.ts';
import { createEngine } from '../onnxruntime.ts';
import { placedOn, providerOf, readPlacement } from '../placement.ts';
import { createResidentEngine } from '../resident-engine.ts';
import type { DeviceName, OpenOptions, Placement, StatePair } from '../session.ts';
import { explainingFallback, strictOptions } from '../strict.ts';
import { createWebEngine } from '../web/engine.ts';
import { explainAbsence } from './absence.ts';
import { type NodeDeviceName, providersFor } from './devices.ts';
import { identityDownloader } from './downloader.ts';
import { loadOnnxRuntime } from './load.ts';
import { placementLog } from './placement-log.ts';

/** A model as it is opened in Node. */
export interface NodeModel {
  /** Where the file is, if it came from one: ONNX Runtime then finds external data beside it. */
  readonly path?: string;
  readonly bytes: Uint8Array;
  /** What is carried from step to step. */
  readonly state: readonly StatePair[];
}

/** Loads a model on a device of Node. */
export async function createNodeEngine(
  device: DeviceName,
  model: NodeModel,
  options: OpenOptions,
): Promise<Engine<OrtTensor>> {
  if (device === 'wasm') return createWebEngine(device, model.bytes, model.state, options);
  // Only WebGPU can keep tensors in Node; with CUDA the state crosses at each run, which is why a run makes many steps.
  if (device !== 'webgpu') return createPlainEngine(device, model, options, new Set());
  return createResidentEngine(model.bytes, model.state, (bytes, kept) =>
    createPlainEngine(device, bytes === model.bytes ? model : { ...model, bytes, path: undefined }, options, kept),
  );
}

async function createPlainEngine(
  device: NodeDeviceName,
  { path, bytes }: { readonly path?: string | undefined; readonly bytes: Uint8Array },
  options: OpenOptions,
  kept: ReadonlySet<string>,
): Promise<Engine<OrtTensor>> {
  const runtime = await loadOnnxRuntime();
  const sessionOptions = sessionOptionsFor(device, options);
  const placement = async (): Promise<readonly Placement[]> => {
    if (device === 'cpu') return placedOn(providerOf[device], bytes);
    const allowing = sessionOptionsFor(device, { ...options, strict: false });
    return readPlacement(await placementLog(path ?? bytes, allowing), device, bytes);
  };
  const load = (): Promise<Engine<OrtTensor>> =>
    createEngine({
      runtime,
      device,
      model: path ?? bytes,
      sessionOptions,
      placement,
      kept,
      ...(device === 'webgpu' ? { downloader: identityDownloader(runtime) } : {}),
    });
  try {
    return await explainingFallback(device, load, placement);
  } catch (error) {
    throw await explainAbsence(device, error, options);
  }
}

function sessionOptionsFor(device: NodeDeviceName, options: OpenOptions): InferenceSession.SessionOptions {
  return {
    executionProviders: providersFor(device, options),
    intraOpNumThreads: options.threads ?? availableParallelism(),
    interOpNumThreads: 1,
    // Values too small for a normal float slow a CPU down many times over and mean nothing to a model.
    extra: { session: { set_denormal_as_zero: '1', ...strictOptions(device === 'cpu' ? {} : options) } },
    ...options.sessionOptions,
  };
}
