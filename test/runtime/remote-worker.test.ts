import { expect, test } from 'vitest';
import { openRemote } from '../../src/runtime/remote-session.ts';
import { shareWorker } from '../../src/runtime/remote-worker.ts';
import { RuntimeError } from '../../src/runtime/runtime-error.ts';
import type { DeviceName, Open, Session } from '../../src/runtime/session.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { fakeSession } from '../support/fake-session.ts';
import { type PretendWorker, pretendRemote, pretendWorker } from '../support/pretend-worker.ts';
import { affine, counter } from '../support/tiny-models.ts';

const zeros = tensor('float32', [3], [0, 0, 0]);
const feeds = { x: tensor('float32', [1, 2], [1, 2]), b: zeros };
const amount = tensor('float32', [1], [1]);

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a promise is rejected with. */
const thrownBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'nothing',
    (thrown: unknown) => thrown,
  );

/** Opens models in pretend workers that are shared, and tells the workers that were started. */
function shared(inside?: Open): { readonly open: Open; readonly workers: readonly PretendWorker[] } {
  const workers: PretendWorker[] = [];
  const join = shareWorker(() => {
    const worker = pretendWorker(inside);
    workers.push(worker);
    return worker;
  });
  return { workers, open: async (model, options = {}) => openRemote(await join(), model, options) };
}

/** Sessions without a model, on the device that was asked for; a step on webgpu fails because the GPU went away. */
const losingDevice: Open = async (_model, { device } = {}) =>
  fakeSession({
    device: device === 'webgpu' ? device : 'wasm',
    step: async () => {
      if (device === 'webgpu') throw new RuntimeError('device-lost', 'The GPU went away.');
      return {};
    },
  });

test('sessions of one worker keep their own state and get their own answers, whatever the order of the calls', async () => {
  const worker = pretendRemote();
  const open = (model: Uint8Array): Promise<Session> => openRemote(worker.outside.join(), model, {});
  const [first, second, third] = await Promise.all([open(counter()), open(counter()), open(affine())]);
  await Promise.all([
    first.setState({ count: tensor('float32', [1], [10]) }),
    second.setState({ count: tensor('float32', [1], [20]) }),
  ]);
  const steps = await Promise.all([
    first.step({ amount }),
    second.step({ amount }),
    third.run(feeds),
    first.step({ amount }),
    second.step({ amount }),
  ]);
  expect(steps.map(({ doubled, y }) => (doubled ?? y)?.data)).toEqual(
    [[22], [42], [9, 12, 15], [24], [44]].map((numbers) => Float32Array.from(numbers)),
  );
});

test('disposing one session leaves the others alone, and the last one ends the worker', async () => {
  const { open, workers } = shared();
  const first = await open(affine());
  const second = await open(affine());
  const run = thrownBy(first.run(feeds));
  await pause(1);
  await first.dispose();
  expect(await run).toMatchObject({ kind: 'disposed' });
  expect(await thrownBy(first.run(feeds))).toMatchObject({ kind: 'disposed' });
  expect((await second.run(feeds)).y?.data).toEqual(Float32Array.of(9, 12, 15));
  expect(workers.map(({ closed }) => closed.length)).toEqual([0]);
  await Promise.all([second.dispose(), second.dispose(), first.dispose()]);
  expect(workers.map(({ closed }) => closed.length)).toEqual([1]);
});

test('a worker is held while any of its sessions waits', async () => {
  const worker = pretendRemote();
  const first = await openRemote(worker.outside.join(), affine(), {});
  const second = await openRemote(worker.outside.join(), affine(), {});
  const before = worker.held.length;
  await Promise.all([first.run(feeds), second.run(feeds)]);
  expect(worker.held.slice(before)).toEqual([true, true, false]);
});

test('a session that is opened while the last one leaves gets a worker of its own, after the first has ended', async () => {
  const events: string[] = [];
  const join = shareWorker(() => {
    const worker = pretendWorker();
    events.push('start');
    const close = async (): Promise<void> => {
      await worker.close();
      await pause(20);
      events.push('ended');
    };
    return { ...worker, close };
  });
  const first = await openRemote(await join(), affine(), {});
  const leaving = first.dispose();
  const second = await openRemote(await join(), affine(), {});
  await leaving;
  expect(events).toEqual(['start', 'ended', 'start']);
  expect((await second.run(feeds)).y?.data[0]).toBe(9);
});

test('an opening session keeps the worker that another one leaves', async () => {
  const { open, workers } = shared();
  const first = await open(affine());
  const opening = open(affine());
  await pause(0);
  await first.dispose();
  expect((await (await opening).run(feeds)).y?.data[0]).toBe(9);
  expect(workers).toHaveLength(1);
});

test('a worker that dies takes all its sessions with it, and the next one starts another', async () => {
  const { open, workers } = shared();
  const sessions = [await open(affine()), await open(counter())];
  const run = thrownBy(sessions[0]?.run(feeds) ?? pause(0));
  await pause(1);
  workers[0]?.die(new Error('it exited with code 9'));
  const message = 'The worker ended unexpectedly: it exited with code 9.';
  for (const call of [run, ...sessions.map((session) => thrownBy(session.getState()))]) {
    expect(await call).toMatchObject({ kind: 'worker', message });
  }
  const next = await open(affine());
  expect((await next.run(feeds)).y?.data[0]).toBe(9);
  await Promise.all([...sessions, next].map((session) => session.dispose()));
  expect(workers.map(({ closed }) => closed.length)).toEqual([1, 1]);
});

test('a lost device takes the sessions on it, and no other; new ones get another worker', async () => {
  const { open, workers } = shared(losingDevice);
  const onDevice = (device: DeviceName): Promise<Session> => open(affine(), { device });
  const [failing, beside, onWasm] = [await onDevice('webgpu'), await onDevice('webgpu'), await onDevice('wasm')];
  expect(await thrownBy(failing.step({}))).toMatchObject({ kind: 'device-lost', message: 'The GPU went away.' });
  for (const session of [failing, beside]) {
    expect(await thrownBy(session.getState())).toMatchObject({
      kind: 'device-lost',
      message: 'The device webgpu was lost, and the session with it: open the model anew.',
    });
  }
  expect(await onWasm.step({})).toEqual({});
  const next = await onDevice('wasm');
  expect(workers).toHaveLength(2);
  await Promise.all([failing.dispose(), beside.dispose(), next.dispose()]);
  expect(workers.map(({ closed }) => closed.length)).toEqual([0, 1]);
  await onWasm.dispose();
  expect(workers.map(({ closed }) => closed.length)).toEqual([1, 1]);
});

test('a worker that has lost the device of all its sessions ends at once, and before the next one starts', async () => {
  const { open, workers } = shared(losingDevice);
  const sessions = [await open(affine(), { device: 'webgpu' }), await open(affine(), { device: 'webgpu' })];
  await thrownBy(sessions[1]?.step({}) ?? pause(0));
  expect(workers.map(({ closed }) => closed.length)).toEqual([1]);
  await open(affine(), { device: 'webgpu' });
  expect(workers).toHaveLength(2);
  await Promise.all(sessions.map((session) => session.dispose()));
  expect(workers.map(({ closed }) => closed.length)).toEqual([1, 0]);
});

test('a model that opens on a device which was lost meanwhile is refused', async () => {
  let opened = (): void => undefined;
  const { open } = shared(async (_model, options = {}) => {
    if (options.threads === 1) await new Promise<void>((resolve) => (opened = resolve));
    return losingDevice(_model, options);
  });
  const failing = await open(affine(), { device: 'webgpu' });
  const opening = thrownBy(open(affine(), { device: 'webgpu', threads: 1 }));
  await pause(1);
  await thrownBy(failing.step({}));
  opened();
  expect(await opening).toMatchObject({ kind: 'device-lost' });
});
