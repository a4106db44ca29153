import type { Absence } from '../device-report.ts';
import type { WebGpuAdapter, WebGpuGlobals } from './adapter.ts';

/** Why a browser gives no GPU, or none that is one. */
export function webgpuAbsence(
  { found, message }: Pick<WebGpuAdapter, 'found' | 'message'>,
  { isSecureContext }: WebGpuGlobals = globalThis,
): Absence | undefined {
  if (found === 'hardware') return undefined;
  if (found === 'software') {
    return {
      reason: 'the GPU is emulated in software, so it is slower than wasm, and auto passes it over',
      remedy:
        'turn hardware acceleration on in the settings of the browser, and bring the driver of the GPU up to date',
    };
  }
  if (found === 'none' && isSecureContext === false) {
    return {
      reason: 'browsers give WebGPU to secure pages only, and this one is not',
      remedy: 'serve the page over https, or from localhost',
    };
  }
  if (found === 'none') {
    return {
      reason: 'this browser has no WebGPU',
      remedy:
        'use a newer Chrome, Edge, Safari or Firefox; Chrome on Linux may need chrome://flags/#enable-unsafe-webgpu',
    };
  }
  return {
    reason: `this browser has WebGPU, but gives no GPU${message === '' ? '' : ` (${message})`}`,
    remedy:
      'turn hardware acceleration on in the settings of the browser, and bring the driver of the GPU up to date; ' +
      'Chrome on Linux may need chrome://flags/#enable-unsafe-webgpu, and chrome://gpu tells more',
  };
}

/** What decides on the threads of WebAssembly. */
export interface ThreadGlobals {
  readonly crossOriginIsolated?: boolean;
}

/** Why WebAssembly has one thread only; undefined where it has as many as it wants. */
export function threadsAbsence({ crossOriginIsolated }: ThreadGlobals = globalThis): Absence | undefined {
  if (crossOriginIsolated === true) return undefined;
  return {
    reason: 'wasm has one thread only, because the page is not cross-origin isolated',
    remedy:
      'serve it with the headers `Cross-Origin-Opener-Policy: same-origin` and ' +
      '`Cross-Origin-Embedder-Policy: require-corp`',
  };
}
