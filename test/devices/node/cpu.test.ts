import { open } from '../../../src/runtime/node/open.ts';
import { testLadder } from '../ladder/ladder.ts';

testLadder('cpu', (model) => open(model, { device: 'cpu', worker: false, threads: 1 }));
