import { cpu } from '../../../src/runtime/devices/node/cpu.ts';
import { open } from '../../../src/runtime/node/open.ts';
import { testLadder } from '../ladder/ladder.ts';

testLadder(cpu, 'node', (model) => open(model, { device: 'cpu', worker: false, threads: 1 }));
