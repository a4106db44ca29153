import { expect, test } from 'vitest';
import { Guard } from '../../src/runtime/guard.ts';
import { RuntimeError } from '../../src/runtime/runtime-error.ts';

const loss = new RuntimeError('device-lost', 'The GPU was lost.');
const failing = (): Promise<never> => Promise.reject(new Error('failed to call OrtRun()'));
const never = (): Promise<never> => new Promise(() => undefined);

/** A device that is lost when `lose` is called. */
function losable(): { guard: Guard; lose: () => void } {
  let lose = (): void => undefined;
  const lost = new Promise<RuntimeError>((resolve) => {
    lose = () => resolve(loss);
  });
  return { guard: new Guard('webgpu', lost), lose };
}

test('a loss ends work that would never end by itself, and refuses what comes after', async () => {
  const { guard, lose } = losable();
  const waiting = guard.run(never);
  lose();
  await expect(waiting).rejects.toBe(loss);
  expect(guard.isLost).toBe(true);
  let called = false;
  const later = guard.run(async () => {
    called = true;
  });
  await expect(later).rejects.toBe(loss);
  expect(called).toBe(false);
});

test('work that fails shortly before the loss is told, tells the loss', async () => {
  const { guard, lose } = losable();
  setTimeout(lose, 20);
  await expect(guard.run(failing)).rejects.toBe(loss);
});

test('work that fails by itself tells its own failure, and the next is done', async () => {
  for (const guard of [losable().guard, new Guard('cpu')]) {
    await expect(guard.run(failing)).rejects.toMatchObject({ kind: 'run' });
    expect(await guard.run(async () => 1)).toBe(1);
    expect(guard.isLost).toBe(false);
  }
});
