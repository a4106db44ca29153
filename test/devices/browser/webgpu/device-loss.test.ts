import { expect, test } from 'vitest';
import { importRuntime } from '../../../../src/runtime/web/runtime-modules.ts';
import { open, RuntimeError, type Session } from '../../../../src/web.ts';
import { someTokens, tinyFile, tinyModel } from '../../../support/tiny-ladder.ts';

const feeds = { tokens: someTokens([2, 8]) };
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((thrown: unknown) => thrown);

// In the page itself, because the GPU device of a worker is out of a test's reach. The page's runtime is lost with it, so
// this file ends there.
test('a GPU that is lost ends its sessions with an error of that kind, and the other devices go on', async () => {
  const file = tinyFile('forward', tinyModel('head'));
  const here = { device: 'webgpu', worker: false } as const;
  const [session, other, onWasm]: Session[] = [
    await open(file, here),
    await open(file, here),
    await open(file, { device: 'wasm', worker: false }),
  ];
  if (session === undefined || other === undefined || onWasm === undefined) throw new Error('three were opened');
  const expected = await onWasm.run(feeds);
  await session.run(feeds);

  const { env } = await importRuntime('webgpu');
  const device: unknown = await env.webgpu.device;
  if (!(device instanceof GPUDevice)) throw new Error('there is no GPU device');
  const underWay = failure(session.run(feeds));
  device.destroy();
  for (const error of [await underWay, await failure(session.run(feeds)), await failure(other.run(feeds))]) {
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({ kind: 'device-lost', message: expect.stringMatching(/^The GPU was lost/) });
  }
  await session.dispose();
  await other.dispose();
  expect(await failure(open(file, here).then((anew) => anew.run(feeds)))).toMatchObject({ kind: 'device-lost' });
  expect(await onWasm.run(feeds)).toEqual(expected);
  await onWasm.dispose();
});
