import { messageOf } from '../../runtime-error.ts';
import type { Absence, Finding } from '../device.ts';
import { gpuTolerance } from '../tolerance.ts';
import type { BrowserGlobals, WebDevice } from './web-device.ts';

/** What asking a browser for its GPU came to. */
export interface WebGpuAdapter {
  /** `none` where the browser has no WebGPU at all, `refused` where it has but gives no adapter. */
  readonly found: 'hardware' | 'software' | 'refused' | 'none';
  /** Who made it and what it is, as far as the browser tells; empty when it tells nothing. */
  readonly name: string;
  /** What the browser said when it gave no adapter; empty when it said nothing. */
  readonly message: string;
}

/** Words in a name that only an emulation in software has. */
const software = /swiftshader|llvmpipe|lavapipe|software|basic render|\bwarp\b/i;

/** Asks for the GPU, as ONNX Runtime will: the fast one, where there are two. */
export async function findAdapter(globals: BrowserGlobals = globalThis): Promise<WebGpuAdapter> {
  const gpu = property(globals.navigator, 'gpu');
  const request = property(gpu, 'requestAdapter');
  if (typeof request !== 'function') return { found: 'none', name: '', message: '' };
  try {
    const adapter: unknown = await request.call(gpu, { powerPreference: 'high-performance' });
    if (adapter === null || adapter === undefined) return { found: 'refused', name: '', message: '' };
    const name = nameOf(adapter);
    return { found: isFallback(adapter) || software.test(name) ? 'software' : 'hardware', name, message: '' };
  } catch (error) {
    return { found: 'refused', name: '', message: messageOf(error) };
  }
}

function nameOf(adapter: unknown): string {
  const info = property(adapter, 'info');
  const [description, vendor, architecture] = ['description', 'vendor', 'architecture'].map((key) => {
    const value = property(info, key);
    return typeof value === 'string' ? value.trim() : '';
  });
  return description || [vendor, architecture].filter((part) => part !== '').join(' ');
}

/** Where a browser says it: in the adapter's info, and in the adapter itself before that was settled. */
function isFallback(adapter: unknown): boolean {
  return (
    property(property(adapter, 'info'), 'isFallbackAdapter') === true || property(adapter, 'isFallbackAdapter') === true
  );
}

function property(owner: unknown, key: string): unknown {
  return typeof owner === 'object' && owner !== null ? Reflect.get(owner, key) : undefined;
}

/** Why a browser gives no GPU, or none that is one. */
function absence(
  { found, message }: Pick<WebGpuAdapter, 'found' | 'message'>,
  { isSecureContext }: BrowserGlobals,
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

async function look(globals: BrowserGlobals): Promise<Finding> {
  const adapter = await findAdapter(globals);
  const emulated = adapter.found === 'software';
  const name = adapter.name === '' ? 'a GPU' : adapter.name;
  return {
    available: emulated || adapter.found === 'hardware',
    emulated,
    description: `${name}${emulated ? ', emulated in software' : ''}`,
    ...absence(adapter, globals),
  };
}

export const webgpu: WebDevice = {
  name: 'webgpu',
  description: 'a GPU, through WebGPU',
  rank: 20,
  runtime: 'onnxruntime-web/webgpu',
  providers: [{ name: 'webgpu' }],
  executionProvider: 'WebGpuExecutionProvider',
  state: 'gpu-buffer',
  // A browser's WebGPU has fewer storage buffers for a shader than Node's, so that nodes may be fused differently.
  tolerance: gpuTolerance,
  look,
};
