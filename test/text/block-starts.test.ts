import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { BatchSampler } from '../../src/text/batches.ts';
import { blockStarts, resumedBlockStarts } from '../../src/text/block-starts.ts';
import { pythonWithTorch } from '../support/torch.ts';

interface Case {
  readonly seed: number;
  readonly count: number;
  readonly batch: number;
  readonly batches: number;
}

function drawn({ seed, count, batch, batches }: Case): number[][] {
  const starts = blockStarts('torch', seed);
  return Array.from({ length: batches }, () => Array.from({ length: batch }, () => starts.next(count)));
}

describe('rng torch', () => {
  // torch.manual_seed(seed); torch.randint(count, (batch,)), as PyTorch 1.13 printed it
  it.each([
    [
      1337,
      1_003_846,
      [
        [76049, 234_249, 934_904, 560_986],
        [971_401, 579_495, 193_625, 348_340],
      ],
    ],
    [
      0,
      5,
      [
        [4, 4, 3],
        [0, 3, 4],
        [2, 3, 2],
      ],
    ],
    [
      2 ** 31 - 1,
      1000,
      [
        [31, 394, 149],
        [572, 153, 480],
        [784, 616, 47],
      ],
    ],
  ])('draws with the seed %i below %i what PyTorch draws', (seed, count, expected) => {
    const batch = expected[0]?.length ?? 0;
    expect(drawn({ seed, count, batch, batches: expected.length })).toEqual(expected);
  });

  it('still does after a thousand batches, and from a state saved in the middle', () => {
    const last = [
      42216, 395_927, 155_333, 831_889, 464_920, 932_879, 214_681, 968_858, 793_732, 657_346, 787_966, 894_961,
    ];
    const starts = blockStarts('torch', 1337);
    const batch = (from: typeof starts): number[] => Array.from({ length: 12 }, () => from.next(1_003_846));
    for (let made = 0; made < 500; made += 1) batch(starts);
    const restored = resumedBlockStarts('torch', JSON.parse(JSON.stringify(starts.getState())), 1337);
    for (let made = 500; made < 999; made += 1) expect(batch(restored)).toEqual(batch(starts));
    expect([batch(starts), batch(restored)]).toEqual([last, last]);
  });

  it('begins blocks where the lecture’s get_batch does: below length − block', () => {
    const tokens = Int32Array.from({ length: 1_003_854 }, (_, place) => place);
    const sampler = new BatchSampler(tokens, { batch: 4, block: 8, seed: 1337, rng: 'torch' });
    const { tokens: first, targets } = sampler.next();
    expect([0, 8, 16, 24].map((place) => first[place])).toEqual([76049, 234_249, 934_904, 560_986]);
    expect([...targets.subarray(0, 8)]).toEqual([...first.subarray(0, 8)].map((place) => place + 1));
    const again = BatchSampler.fromState(tokens, { batch: 4, block: 8, seed: 1337, rng: 'torch' }, sampler.getState());
    expect(again.nextSteps(3)).toEqual(sampler.nextSteps(3));
  });

  it.each([[[]], [[-1]], [[0.5]], [[1, 2]], [[Number.NaN]]])('refuses the damaged state %j', (state) => {
    expect(() => resumedBlockStarts('torch', state, 0)).toThrow('is damaged: it must be one whole number from 0');
  });
});

const python = pythonWithTorch();

describe.skipIf(python === undefined)("Debian's PyTorch", () => {
  it('draws the same for many seeds, counts and batches', () => {
    const seeds = [0, 1, 42, 1337, 2 ** 31 - 1];
    const counts = [1, 2, 7, 255, 65_536, 1_003_846, 2 ** 28 - 1, 2 ** 32, 5 * 10 ** 9];
    const cases = seeds.flatMap((seed) => counts.map((count) => ({ seed, count, batch: 5, batches: 260 })));
    const script = fileURLToPath(new URL('../torch/randint.py', import.meta.url));
    const answer = execFileSync(python ?? '', ['-B', script], { input: JSON.stringify(cases), maxBuffer: 2 ** 28 });
    const theirs: number[][][] = JSON.parse(answer.toString());
    for (const [index, given] of cases.entries()) expect(drawn(given), JSON.stringify(given)).toEqual(theirs[index]);
  });
});
