import { availableParallelism } from 'node:os';
import type { Tensor as OrtTensor } from 'onnxruntime-node';
import { UserError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import { createEngine } from '../onnxruntime.ts';
import { placedOn } from '../placement.ts';
import type { DeviceName, OpenOptions } from '../session.ts';
import { createWebEngine } from '../web/engine.ts';
import { type NodeDevice, nodeDevices } from './devices.ts';
import { loadOnnxRuntime } from './load.ts';

/** A model as it is opened in Node. */
export interface NodeModel {
  /** Where the file is, if it came from one: ONNX Runtime then finds external data beside it. */
  readonly path?: string;
  readonly bytes: Uint8Array;
}

/** Loads a model on a device of Node. */
export async function createNodeEngine(
  device: DeviceName,
  { path, bytes }: NodeModel,
  options: OpenOptions,
): Promise<Engine<OrtTensor>> {
  if (device === 'wasm') return createWebEngine(device, bytes, options);
  const runtime = await loadOnnxRuntime();
  const { providers, absent, remedy }: NodeDevice = nodeDevices[device];
  try {
    return await createEngine({
      runtime,
      device,
      model: path ?? bytes,
      sessionOptions: {
        executionProviders: providers,
        intraOpNumThreads: options.threads ?? availableParallelism(),
        interOpNumThreads: 1,
        // Values too small for a normal float slow a CPU down many times over and mean nothing to a model.
        extra: { session: { set_denormal_as_zero: '1' } },
        ...options.sessionOptions,
      },
      placement: async () => {
        if (device === 'cpu') return placedOn('CPUExecutionProvider', bytes);
        throw new UserError(`Which nodes run on ${device} is not reported yet: placement() works on cpu and wasm.`);
      },
    });
  } catch (error) {
    if (absent?.test(messageOf(error)) !== true) throw error;
    const reason = messageOf(error).split('\n', 1)[0];
    throw new UserError(`The device ${device} is not available: ${remedy}. Or use the device cpu. (${reason})`, {
      cause: error,
    });
  }
}
