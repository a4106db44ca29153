import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { open } from '../../src/runtime/node/open.ts';
import type { DeviceName } from '../../src/runtime/session.ts';
import { open as openWeb } from '../../src/runtime/web/open.ts';
import { affine } from '../support/tiny-models.ts';

/** A name as it comes from a command line or a form. */
function named(text: string): DeviceName {
  return JSON.parse(JSON.stringify(text));
}

test.each([
  ['trilu/node', open],
  ['trilu/web', openWeb],
])('a name that is no device is told with those that are: %s', async (_, openThere) => {
  const opening = openThere(affine(), { device: named('quantum') });
  await expect(opening).rejects.toBeInstanceOf(UserError);
  await expect(opening).rejects.toThrow('There is no device "quantum": choose from auto, cpu, cuda, webgpu, wasm.');
});
