import { wasm } from '../../../src/runtime/devices/web/wasm.ts';
import { webgpu } from '../../../src/runtime/devices/web/webgpu.ts';
import { open } from '../../../src/web.ts';
import { holdRuntime } from '../../support/hold-runtime.ts';
import { testTraps } from '../traps/traps.ts';

await holdRuntime('wasm');
await holdRuntime('webgpu');

testTraps(wasm, 'browser', (model, options) => open(model, { device: 'wasm', ...options }));
testTraps(webgpu, 'browser', (model, options) => open(model, { device: 'webgpu', ...options }));
