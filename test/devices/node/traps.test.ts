import { describe } from 'vitest';
import { wasm } from '../../../src/runtime/devices/node/wasm.ts';
import { webgpu } from '../../../src/runtime/devices/node/webgpu.ts';
import { open } from '../../../src/runtime/node/open.ts';
import { useSwiftShader } from '../../support/swiftshader.ts';
import { testTraps, testTrapsInThread } from '../traps/traps.ts';

// In Node a worker holds one such session only, so nothing can overlap there.
testTrapsInThread(wasm, 'node', (model, options) => open(model, { device: 'wasm', ...options }));

describe.skipIf(!useSwiftShader())('with a GPU in software', () => {
  testTraps(webgpu, 'node', (model, options) => open(model, { device: 'webgpu', ...options }));
});
