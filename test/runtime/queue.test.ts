import { expect, test } from 'vitest';
import { Queue } from '../../src/runtime/queue.ts';

const pause = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

test('tasks run one at a time, in the order they were added, and a failure stops none of the others', async () => {
  const queue = new Queue();
  const log: string[] = [];
  const task = (name: string, milliseconds: number) => async () => {
    log.push(`${name} starts`);
    await pause(milliseconds);
    log.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
    return name;
  };
  const results = await Promise.allSettled([
    queue.add(task('a', 20)),
    queue.add(task('b', 5)),
    queue.add(task('c', 1)),
  ]);
  expect(log).toEqual(['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('an aborted task that waits is rejected at once and never starts', async () => {
  const queue = new Queue();
  const controller = new AbortController();
  let firstEnded = false;
  const first = queue.add(async () => {
    await pause(50);
    firstEnded = true;
  });
  let started = false;
  const second = queue.add(async () => {
    started = true;
  }, controller.signal);
  controller.abort(new Error('enough'));
  await expect(second).rejects.toThrow('enough');
  expect(firstEnded).toBe(false);
  await first;
  await queue.add(async () => undefined);
  expect(started).toBe(false);
});

test('a signal that was aborted before is honoured', async () => {
  await expect(new Queue().add(async () => 1, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
});

test('a task that has started ends by itself when its signal is aborted', async () => {
  const controller = new AbortController();
  const result = new Queue().add(async () => {
    controller.abort();
    await pause(5);
    return 'done';
  }, controller.signal);
  expect(await result).toBe('done');
});
