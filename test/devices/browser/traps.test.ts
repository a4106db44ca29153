import { open } from '../../../src/web.ts';
import { testTraps } from '../traps/traps.ts';

testTraps('wasm-browser', (model, options) => open(model, { device: 'wasm', ...options }));
testTraps('webgpu-browser', (model, options) => open(model, { device: 'webgpu', ...options }));
