import { describe } from 'vitest';
import { cuda } from '../../../src/runtime/devices/node/cuda.ts';
import { chooseDevice } from '../../../src/runtime/node/choose-device.ts';
import { open } from '../../../src/runtime/node/open.ts';
import { testLadder } from '../ladder/ladder.ts';

/** Whether CUDA may be here; a machine without it is no failure, on CI neither. */
async function hasCuda(): Promise<boolean> {
  try {
    await chooseDevice({ device: 'cuda' });
    return true;
  } catch (error) {
    console.warn(`SKIPPED: the ladder on cuda. ${error instanceof Error ? error.message : error}`);
    return false;
  }
}

describe.skipIf(!(await hasCuda()))('with an NVIDIA GPU', () => {
  testLadder(cuda, 'node', (model) => open(model, { device: 'cuda', worker: false }));
});
