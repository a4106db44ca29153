import { open } from '../../../src/web.ts';
import { testLadder } from '../ladder/ladder.ts';

testLadder('webgpu-browser', (model) => open(model, { device: 'webgpu' }));
