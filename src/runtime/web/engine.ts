import type { Tensor as OrtTensor } from 'onnxruntime-web';
import { UserError } from '../../errors.ts';
import type { Engine } from '../engine.ts';
import { messageOf } from '../errors.ts';
import { createEngine } from '../onnxruntime.ts';
import { placedOn } from '../placement.ts';
import { Queue } from '../queue.ts';
import type { OpenOptions } from '../session.ts';
import { type WebDevice, webDevices } from './devices.ts';

/**
 * The one queue of all sessions of onnxruntime-web: two runs at a time hang the page as soon as one of them is on
 * WebGPU, even when they belong to different sessions. Loading goes through it too.
 */
export const webQueue: Queue = new Queue();

/** Loads a model into onnxruntime-web. */
export async function createWebEngine(
  device: 'wasm' | 'webgpu',
  model: Uint8Array,
  { threads, signal, sessionOptions }: OpenOptions,
): Promise<Engine<OrtTensor>> {
  const runtime = await load(webDevices[device]);
  // Takes effect only before the first session: onnxruntime-web starts its threads once. Its own choice of a number
  // needs a browser.
  if (threads !== undefined) runtime.env.wasm.numThreads = threads;
  else if (typeof navigator === 'undefined') runtime.env.wasm.numThreads = 1;
  return webQueue.add(
    () =>
      createEngine({
        runtime,
        device,
        model,
        sessionOptions: {
          executionProviders: webDevices[device].providers,
          extra: { session: { set_denormal_as_zero: '1' } },
          ...sessionOptions,
        },
        placement: async () => {
          if (device === 'wasm') return placedOn('CPUExecutionProvider', model);
          throw new UserError('Which nodes run on WebGPU is not reported yet: placement() works on cpu and wasm.');
        },
      }),
    signal,
  );
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
