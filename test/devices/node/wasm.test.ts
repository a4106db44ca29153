import { open } from '../../../src/runtime/node/open.ts';
import { testLadder } from '../ladder/ladder.ts';

testLadder('wasm', (model) => open(model, { device: 'wasm', worker: false }));
