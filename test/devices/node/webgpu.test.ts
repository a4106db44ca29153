import { describe } from 'vitest';
import { webgpu } from '../../../src/runtime/devices/node/webgpu.ts';
import { open } from '../../../src/runtime/node/open.ts';
import { useSwiftShader } from '../../support/swiftshader.ts';
import { testOperatorsOfLadder } from '../ladder/ladder.ts';

describe.skipIf(!useSwiftShader())('with a GPU in software', () => {
  testOperatorsOfLadder(webgpu, 'node', (model) => open(model, { device: 'webgpu', worker: false }));
});
