import { wasm } from '../../../src/runtime/devices/node/wasm.ts';
import { open } from '../../../src/runtime/node/open.ts';
import { testLadder } from '../ladder/ladder.ts';

testLadder(wasm, 'node', (model) => open(model, { device: 'wasm', worker: false }));
