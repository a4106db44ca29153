import { expect } from 'vitest';
import type { Session } from '../../../src/runtime/session.ts';
import { type Tensors, tensor } from '../../../src/runtime/tensor.ts';
import { affine, counter } from '../../support/tiny-models.ts';
import { type Trap, withSessions } from './trap.ts';

/** y = x · w + b of `affine()` for `rows` rows of [scale, 1]. */
function affineOf(scale: number, rows = 1): { readonly feeds: Tensors; readonly expected: Float32Array } {
  const x = Array.from({ length: rows }, () => [scale, 1]).flat();
  const y = Array.from({ length: rows }, () => [scale + 4, 2 * scale + 5, 3 * scale + 106]).flat();
  const b = tensor('float32', [3], [0, 0, 100]);
  return { feeds: { x: tensor('float32', [rows, 2], x), b }, expected: Float32Array.from(y) };
}

async function expectRight(session: Session, scale: number, rows = 1): Promise<void> {
  const { feeds, expected } = affineOf(scale, rows);
  expect((await session.run(feeds)).y?.data).toEqual(expected);
}

export const overlappingRuns: Trap = {
  what: 'runs of several sessions that overlap, one of them on wasm, all end and are right',
  prove: (open) =>
    withSessions(open, [[affine()], [affine()], [affine(), { device: 'wasm' }]], async (...sessions) => {
      const calls = Array.from({ length: 5 }, (_, round) =>
        sessions.map((session, index) => expectRight(session, 10 * round + index, round + 1)),
      );
      await Promise.all(calls.flat());
    }),
};

export const openingDuringRuns: Trap = {
  what: 'a session that is opened while others run is right, and so are they',
  prove: (open) =>
    withSessions(open, [[affine()]], async (first) => {
      if (first === undefined) return;
      const opening = open(affine());
      const runs = Array.from({ length: 5 }, (_, round) => expectRight(first, round));
      const second = await opening;
      await Promise.all([...runs, expectRight(second, 100), expectRight(first, 200)]);
      await second.dispose();
    }),
};

export const openingAgain: Trap = {
  what: 'when the last session is disposed, the next one works',
  async prove(open) {
    for (const scale of [1, 2, 3]) {
      await withSessions(open, [[affine()]], async (session) => {
        if (session !== undefined) await expectRight(session, scale);
      });
    }
  },
};

export const staleOutputs: Trap = {
  what: 'each run gives outputs of its own: new values, and those of earlier runs stay as they were',
  prove: (open) =>
    withSessions(open, [[affine()]], async (session) => {
      const sizes = [1, 1, 3, 1, 2];
      const outputs: Tensors[] = [];
      for (const [scale, rows] of sizes.entries()) {
        const made = await session?.run(affineOf(scale, rows).feeds);
        if (made !== undefined) outputs.push(made);
      }
      expect(outputs.map(({ y }) => y?.data)).toEqual(sizes.map((rows, scale) => affineOf(scale, rows).expected));
    }),
};

const amount = (value: number): Tensors => ({ amount: tensor('float32', [1], [value]) });
const count = (value: number): Tensors => ({ count: tensor('float32', [1], [value]) });

export const subsetFetches: Trap = {
  what: 'every run gives all outputs, and between two steps changes nothing of the state',
  prove: (open) =>
    withSessions(open, [[counter()]], async (session) => {
      if (session === undefined) return;
      const all = { doubled: tensor('float32', [1], [220]), 'next.count': tensor('float32', [1], [110]) };
      await session.setState(count(5));
      expect(await session.step(amount(1))).toEqual({ doubled: tensor('float32', [1], [12]) });
      expect(await session.run({ ...amount(10), ...count(100) })).toEqual(all);
      expect(await session.run({ ...amount(10), ...count(100) })).toEqual(all);
      expect(await session.step(amount(1))).toEqual({ doubled: tensor('float32', [1], [14]) });
      expect(await session.getState()).toEqual(count(7));
      expect(await session.run({ ...amount(10), ...count(100) })).toEqual(all);
      expect(await session.step(amount(1))).toEqual({ doubled: tensor('float32', [1], [16]) });
      expect(await session.getState()).toEqual(count(8));
    }),
};
