import { open } from '../../../src/web.ts';
import { testLadder } from '../ladder/ladder.ts';

testLadder('wasm-browser', (model) => open(model, { device: 'wasm' }));
