import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { openRemote } from '../../src/runtime/remote-session.ts';
import { deserializeError, RuntimeError, serializeError } from '../../src/runtime/runtime-error.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { fakeSession } from '../support/fake-session.ts';
import { pretendRemote } from '../support/pretend-worker.ts';
import { affine } from '../support/tiny-models.ts';

const feeds = { x: tensor('float32', [1, 2], [1, 2]), b: tensor('float32', [3], [0, 0, 0]) };

test('a worker that dies rejects the call under way, those that wait and those to come', async () => {
  const worker = pretendRemote();
  const session = await openRemote(worker.outside.join(), affine(), {});
  const underWay = session.run(feeds).catch((thrown: unknown) => thrown);
  const waiting = session.step(feeds).catch((thrown: unknown) => thrown);
  await new Promise((resolve) => setTimeout(resolve, 1));
  worker.die(new Error('it exited with code 9'));
  for (const error of [await underWay, await waiting]) {
    expect(error).toBeInstanceOf(RuntimeError);
    expect(error).toMatchObject({
      kind: 'worker',
      message: 'The worker ended unexpectedly: it exited with code 9.',
    });
  }
  await expect(session.getState()).rejects.toMatchObject({ kind: 'worker' });
  await session.dispose();
});

test('the process is held exactly while a call is under way', async () => {
  const worker = pretendRemote();
  const session = await openRemote(worker.outside.join(), affine(), {});
  expect(worker.held).toEqual([true, false]);
  const run = session.run(feeds);
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(worker.held).toEqual([true, false, true]);
  await run;
  expect(worker.held).toEqual([true, false, true, false]);
});

test('a run that is aborted while it waits never reaches the worker', async () => {
  const worker = pretendRemote();
  const session = await openRemote(worker.outside.join(), affine(), {});
  const controller = new AbortController();
  const first = session.run(feeds);
  const second = session.run(feeds, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  await first;
  await session.placement();
  expect(worker.posted).toEqual(['open 0', 'run 0', 'placement 0']);
});

test('opening that is aborted or fails closes the worker', async () => {
  const early = pretendRemote();
  const signal = AbortSignal.abort(new Error('before'));
  await expect(openRemote(early.outside.join(), affine(), { signal })).rejects.toThrow('before');
  expect([early.posted, early.closed]).toEqual([[], [true]]);
  const damaged = pretendRemote();
  await expect(openRemote(damaged.outside.join(), Uint8Array.of(1, 2, 3), {})).rejects.toBeInstanceOf(UserError);
  expect(damaged.closed).toEqual([true]);
});

test('opening is aborted while the worker is at it, and the worker told so', async () => {
  const cancelled: unknown[] = [];
  const worker = pretendRemote(
    (_model, { signal } = {}) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => {
          cancelled.push(signal.reason);
          reject(signal.reason);
        });
      }),
  );
  // Another session keeps the worker alive.
  worker.outside.join();
  const controller = new AbortController();
  const opening = openRemote(worker.outside.join(), affine(), { signal: controller.signal });
  await new Promise((resolve) => setTimeout(resolve, 1));
  controller.abort(new Error('enough'));
  await expect(opening).rejects.toThrow('enough');
  expect(worker.posted).toEqual(['open 1', 'dispose 1']);
  expect(cancelled).toMatchObject([{ kind: 'disposed' }]);
  expect(worker.closed).toEqual([]);
});

test('what is to be told of how it was opened comes from both sides, the choice of the device first', async () => {
  const worker = pretendRemote(async () => fakeSession({ notices: ['one thread only'] }));
  const session = await openRemote(worker.outside.join(), affine(), {}, ['no GPU']);
  expect(session.notices).toEqual(['no GPU', 'one thread only']);
});

test("what can't go into a message is told, and the session goes on", async () => {
  const worker = pretendRemote();
  const unclonable = { sessionOptions: { extra: () => 1 } };
  await expect(openRemote(worker.outside.join(), affine(), unclonable)).rejects.toThrow('could not be cloned');
  expect(worker.held.at(-1)).toBe(false);
});

test.each([
  new UserError('wrong', { exitCode: 2 }),
  new RuntimeError('out-of-memory', 'full'),
  new TypeError('no function'),
])('an error keeps class, message, stack and what it carries: %s', (error) => {
  const revived = deserializeError(structuredClone(serializeError(error)));
  expect(revived.message).toBe(error.message);
  expect(revived.stack).toBe(error.stack);
  if (error instanceof UserError) {
    expect(revived).toBeInstanceOf(UserError);
    expect(revived).toHaveProperty('exitCode', 2);
  } else if (error instanceof RuntimeError) {
    expect(revived).toBeInstanceOf(RuntimeError);
    expect(revived).toHaveProperty('kind', 'out-of-memory');
  }
});
