import { wasm } from '../../../src/runtime/devices/web/wasm.ts';
import { open } from '../../../src/web.ts';
import { testOperatorsOfLadder } from '../ladder/ladder.ts';

// The same WebAssembly as in Node, where the whole ladder is tested.
testOperatorsOfLadder(wasm, 'browser', (model) => open(model, { device: 'wasm' }));
