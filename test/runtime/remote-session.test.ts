import { expect, test } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { carryError, RuntimeError, reviveError } from '../../src/runtime/errors.ts';
import { openHere } from '../../src/runtime/node/open-here.ts';
import type { Reply } from '../../src/runtime/remote-protocol.ts';
import { serve } from '../../src/runtime/remote-server.ts';
import { type Channel, openRemote } from '../../src/runtime/remote-session.ts';
import { tensor } from '../../src/runtime/tensor.ts';
import { affine } from '../support/tiny-models.ts';

const feeds = { x: tensor('float32', [1, 2], [1, 2]), b: tensor('float32', [3], [0, 0, 0]) };

/** A worker that is none: both sides in this thread, messages cloned as between threads, and a way to let it die. */
function pretendWorker(): Channel & {
  die(reason: unknown): void;
  readonly held: boolean[];
  readonly posted: string[];
} {
  let reply: (reply: Reply) => void = () => undefined;
  let end: (reason: unknown) => void = () => undefined;
  let dead = false;
  const held: boolean[] = [];
  const posted: string[] = [];
  const answer = serve(
    (model, options) => openHere(model, { ...options, worker: false }, false),
    (message, transfer) => {
      const cloned = structuredClone(message, { transfer: [...transfer] });
      if (!dead) setTimeout(() => reply(cloned), 5);
    },
  );
  return {
    held,
    posted,
    post(request, transfer) {
      posted.push(request.name);
      const cloned = structuredClone(request, { transfer: [...transfer] });
      if (!dead) void answer(cloned);
    },
    listen(onReply, onEnd) {
      reply = onReply;
      end = onEnd;
    },
    hold: (waiting) => held.push(waiting),
    close: async () => {
      dead = true;
    },
    die(reason) {
      dead = true;
      end(reason);
    },
  };
}

test('a worker that dies rejects the call under way, those that wait and those to come', async () => {
  const worker = pretendWorker();
  const session = await openRemote(worker, affine(), {});
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
  const worker = pretendWorker();
  const session = await openRemote(worker, affine(), {});
  expect(worker.held).toEqual([true, false]);
  const run = session.run(feeds);
  await new Promise((resolve) => setTimeout(resolve, 1));
  expect(worker.held).toEqual([true, false, true]);
  await run;
  expect(worker.held).toEqual([true, false, true, false]);
});

test('a run that is aborted while it waits never reaches the worker', async () => {
  const worker = pretendWorker();
  const session = await openRemote(worker, affine(), {});
  const controller = new AbortController();
  const first = session.run(feeds);
  const second = session.run(feeds, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  await first;
  await session.placement();
  expect(worker.posted).toEqual(['open', 'run', 'placement']);
});

test('opening that is aborted or fails closes the worker', async () => {
  await expect(
    openRemote(pretendWorker(), affine(), { signal: AbortSignal.abort(new Error('before')) }),
  ).rejects.toThrow('before');
  await expect(openRemote(pretendWorker(), Uint8Array.of(1, 2, 3), {})).rejects.toBeInstanceOf(UserError);
});

test("what can't go into a message is told, and the session goes on", async () => {
  const worker = pretendWorker();
  const unclonable = { sessionOptions: { extra: () => 1 } };
  await expect(openRemote(worker, affine(), unclonable)).rejects.toThrow('could not be cloned');
  expect(worker.held.at(-1)).toBe(false);
});

test.each([
  new UserError('wrong', { exitCode: 2 }),
  new RuntimeError('out-of-memory', 'full'),
  new TypeError('no function'),
])('an error keeps class, message, stack and what it carries: %s', (error) => {
  const revived = reviveError(structuredClone(carryError(error)));
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
