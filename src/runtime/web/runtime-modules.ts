import type { Tensor as OrtTensor } from 'onnxruntime-web';
import { UserError } from '../../errors.ts';
import type { RuntimePackage } from '../devices/device.ts';
import type { OnnxRuntime } from '../onnxruntime.ts';
import { messageOf } from '../runtime-error.ts';

/** The part of onnxruntime-web that we use. */
export interface WebRuntime extends OnnxRuntime {
  readonly env: {
    readonly wasm: { numThreads?: number | undefined };
    readonly webgpu: { readonly device: unknown };
  };
  readonly Tensor: typeof OrtTensor;
}

/** The builds of onnxruntime-web that are used. */
export type RuntimeBuild = 'wasm' | 'webgpu';

/** Where builds of onnxruntime-web are, as far as it is known. */
export type RuntimeAddresses = Readonly<Partial<Record<RuntimeBuild, string>>>;

let addresses: RuntimeAddresses = {};

/**
 * Where the page's import map has onnxruntime-web: a worker doesn't inherit the map, so the page tells its worker.
 * Empty where there is no such map, as in a bundle.
 */
export function addressesOfPage(): RuntimeAddresses {
  return { ...resolved('wasm'), ...resolved('webgpu') };
}

function resolved(build: RuntimeBuild): RuntimeAddresses {
  try {
    return { [build]: import.meta.resolve(`onnxruntime-web/${build}`) };
  } catch {
    return {};
  }
}

/** Makes `importRuntime` take the builds from these addresses. */
export function useAddresses(known: RuntimeAddresses): void {
  addresses = known;
}

/** Loads a build of onnxruntime-web: from its address where that is known, else by its name, which bundlers resolve. */
export function importRuntime(build: 'wasm'): Promise<typeof import('onnxruntime-web/wasm')>;
export function importRuntime(build: 'webgpu'): Promise<typeof import('onnxruntime-web/webgpu')>;
export function importRuntime(build: RuntimeBuild): Promise<unknown> {
  const address = addresses[build];
  if (address !== undefined) return import(/* webpackIgnore: true */ /* @vite-ignore */ address);
  return build === 'wasm' ? import('onnxruntime-web/wasm') : import('onnxruntime-web/webgpu');
}

/** Loads what serves a device; dynamic, so that a bundler puts each build into a chunk of its own. @throws UserError */
export async function loadRuntime(runtime: RuntimePackage): Promise<WebRuntime> {
  try {
    return await (runtime === 'onnxruntime-web/webgpu' ? importRuntime('webgpu') : importRuntime('wasm'));
  } catch (error) {
    throw new UserError(
      `onnxruntime-web could not be loaded (${messageOf(error)}): install it with \`npm install onnxruntime-web\`.`,
      { cause: error },
    );
  }
}
