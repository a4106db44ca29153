import { expect } from 'vitest';
import { tensor } from '../../../src/runtime/tensor.ts';
import { slow } from '../../support/tiny-models.ts';
import { type Trap, withSessions } from './trap.ts';

const rounds = 20;

/** How long something took and the longest that the event loop stood still meanwhile, in milliseconds. */
async function watch(work: () => Promise<unknown>): Promise<{ readonly duration: number; readonly longest: number }> {
  const start = performance.now();
  let last = start;
  let longest = 0;
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, 5);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  look();
  return { duration: performance.now() - start, longest };
}

export const freeEventLoop: Trap = {
  what: 'a long run in the worker leaves the event loop of the caller free',
  prove: (open) =>
    withSessions(open, [[slow(rounds)]], async (session) => {
      let seen = { duration: 0, longest: 0 };
      // As large as it takes to be long on this device.
      for (let size = 64; size <= 4096 && seen.duration < 400; size *= 2) {
        // Every row moved on by one: to the power of `rounds + 1` still exact.
        const shift = Float32Array.from({ length: size * size }, (_, index) =>
          index % size === (Math.floor(index / size) + 1) % size ? 1 : 0,
        );
        const feeds = { x: tensor('float32', [size, size], shift) };
        let at: number | undefined;
        seen = await watch(async () => {
          const { y } = (await session?.run(feeds)) ?? {};
          at = y?.type === 'float32' ? y.data.indexOf(1) : undefined;
        });
        expect(at).toBe(rounds + 1);
      }
      expect(seen.duration).toBeGreaterThan(100);
      expect(seen.longest).toBeLessThan(seen.duration / 2);
    }),
};
