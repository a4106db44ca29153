import { expect, test } from 'vitest';
import type { Session } from '../../../../src/index.ts';
import { tensor } from '../../../../src/runtime/tensor.ts';
import { importRuntime } from '../../../../src/runtime/web/runtime-modules.ts';
import { open, RuntimeError } from '../../../../src/web.ts';
import { holdRuntime } from '../../../support/hold-runtime.ts';
import { slow } from '../../../support/tiny-models.ts';

await holdRuntime('webgpu');

// One kind of kernel, often: a GPU in software compiles each kind for seconds.
const file = slow(20);
const size = 64;
const numbers = Float32Array.from({ length: size * size }, (_, index) => ((index * 7) % 11) / 400);
const feeds = { x: tensor('float32', [size, size], numbers) };
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((thrown: unknown) => thrown);

test('a worker whose GPU is lost ends its sessions there, keeps those on wasm, and makes way for a new one', async () => {
  let workers = 0;
  const worker = (): Worker => {
    workers += 1;
    return new Worker(new URL('./losable-worker.ts', import.meta.url), { type: 'module' });
  };
  const session = await open(file, { device: 'webgpu', worker });
  const other = await open(file, { device: 'webgpu', worker });
  const onWasm = await open(file, { device: 'wasm', worker });
  const expected = await onWasm.run(feeds);
  const { y } = await session.run(feeds);

  const underWay = failure(Promise.all(Array.from({ length: 50 }, () => session.run(feeds))));
  new BroadcastChannel('take the GPU away').postMessage('now');
  for (const error of [await underWay, await failure(session.run(feeds)), await failure(other.run(feeds))]) {
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({ kind: 'device-lost' });
  }
  expect(await onWasm.run(feeds)).toEqual(expected);
  expect(workers).toBe(1);

  const anew = await open(file, { device: 'webgpu', worker });
  expect(workers).toBe(2);
  expect((await anew.run(feeds)).y).toEqual(y);
  for (const each of [session, other, onWasm, anew]) await each.dispose();
});

// In the page itself. Its runtime is lost with the GPU, so this file ends here.
test('a GPU that is lost ends its sessions with an error of that kind, and the other devices go on', async () => {
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
  expect(await failure(open(file, here))).toMatchObject({
    kind: 'device-lost',
    message: expect.stringContaining('takes no other in this thread'),
  });
  expect(await onWasm.run(feeds)).toEqual(expected);
  await onWasm.dispose();
});
