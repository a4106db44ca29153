import { messageOf } from '../errors.ts';

/** What asking a browser for its GPU came to. */
export interface WebGpuAdapter {
  /** `none` where the browser has no WebGPU at all, `refused` where it has but gives no adapter. */
  readonly found: 'hardware' | 'software' | 'refused' | 'none';
  /** Who made it and what it is, as far as the browser tells; empty when it tells nothing. */
  readonly name: string;
  /** What the browser said when it gave no adapter; empty when it said nothing. */
  readonly message: string;
}

/** The global names of a browser that WebGPU is found by. */
export interface WebGpuGlobals {
  readonly navigator?: unknown;
  readonly isSecureContext?: boolean;
}

/** Words in a name that only an emulation in software has. */
const software = /swiftshader|llvmpipe|lavapipe|software|basic render|\bwarp\b/i;

/** Asks for the GPU, as ONNX Runtime will: the fast one, where there are two. */
export async function findAdapter(globals: WebGpuGlobals = globalThis): Promise<WebGpuAdapter> {
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
