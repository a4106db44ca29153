import { webgpu } from '../../../src/runtime/devices/web/webgpu.ts';
import { open } from '../../../src/web.ts';
import { testOperatorsOfLadder } from '../ladder/ladder.ts';

testOperatorsOfLadder(webgpu, 'browser', (model) => open(model, { device: 'webgpu' }));
