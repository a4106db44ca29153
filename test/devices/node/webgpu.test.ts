import { describe } from 'vitest';
import { open } from '../../../src/runtime/node/open.ts';
import { chromium } from '../../support/chromium.ts';
import { useSwiftShader } from '../../support/swiftshader.ts';
import { testLadder, testOperatorsOfLadder } from '../ladder/ladder.ts';

// The WebGPU provider is the same code in Chromium, where the whole ladder is tested: here each operator is enough, if there is one.
const testDevice = chromium() === undefined ? testLadder : testOperatorsOfLadder;

describe.skipIf(!useSwiftShader())('with a GPU in software', () => {
  testDevice('webgpu-node', (model) => open(model, { device: 'webgpu', worker: false }));
});
