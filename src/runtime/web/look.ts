import type { Finding, RuntimePackage } from '../devices/device.ts';
import type { BrowserGlobals, WebDevice } from '../devices/web/web-device.ts';
import type { OpenOptions } from '../session.ts';

/** The package that serves a device of a browser which names none. */
export const webRuntime: RuntimePackage = 'onnxruntime-web/wasm';

/** Looks whether a device is there. */
export async function lookAt(
  { description, look }: WebDevice,
  options: OpenOptions,
  globals: BrowserGlobals,
): Promise<Finding> {
  return (await look?.(globals, options)) ?? { available: true, emulated: false, description };
}
