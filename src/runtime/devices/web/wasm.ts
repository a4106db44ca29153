import type { OpenOptions } from '../../session.ts';
import type { Absence, Finding } from '../device.ts';
import { wasmEngine } from '../wasm-engine.ts';
import type { BrowserGlobals, WebDevice } from './web-device.ts';

/** Why WebAssembly has one thread only; undefined where it has as many as it wants. */
function missingThreads({ crossOriginIsolated }: BrowserGlobals): Absence | undefined {
  if (crossOriginIsolated === true) return undefined;
  return {
    reason: 'wasm has one thread only, because the page is not cross-origin isolated',
    remedy:
      'serve it with the headers `Cross-Origin-Opener-Policy: same-origin` and ' +
      '`Cross-Origin-Embedder-Policy: require-corp`',
  };
}

/** One thread that was asked for is not worth telling. */
async function look(globals: BrowserGlobals, { threads: wanted }: OpenOptions): Promise<Finding> {
  const absence = wanted === 1 ? undefined : missingThreads(globals);
  const threads = absence === undefined ? 'several threads' : '1 thread';
  return { available: true, emulated: false, description: `WebAssembly, ${threads}`, ...absence };
}

export const wasm: WebDevice = { ...wasmEngine, description: 'WebAssembly, on the processor', rank: 10, look };
