import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { open } from '../../src/runtime/node/open.ts';
import { open as openWeb } from '../../src/runtime/web/open.ts';
import { affine } from '../support/tiny-models.ts';

test.each([
  ['trilu/node', open, 'auto, cuda, webgpu, cpu, wasm'],
  ['trilu/web', openWeb, 'auto, webgpu, wasm'],
])('a name that is no device is told with those that are: %s', async (_, openThere, names) => {
  const opening = openThere(affine(), { device: 'quantum' });
  await expect(opening).rejects.toBeInstanceOf(UserError);
  await expect(opening).rejects.toThrow(`There is no device "quantum" here: choose from ${names}.`);
});
