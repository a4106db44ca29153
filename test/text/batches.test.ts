import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { allBlocks, type Batch, BatchSampler, evaluationBatches } from '../../src/text/batches.ts';
import { chiSquareDeviations, DEVIATIONS } from '../random/statistics.ts';

/** Tokens that tell their place. */
const places = (length: number): Int32Array => Int32Array.from({ length }, (_, index) => index);

/** Where each block of a batch begins in `places`. */
function starts({ tokens, shape }: Batch): number[] {
  const block = shape.at(-1) ?? 0;
  return Array.from({ length: tokens.length / block }, (_, row) => tokens[row * block] ?? -1);
}

describe('BatchSampler', () => {
  it('draws blocks as they stand in the text, with the targets one place further', () => {
    const { tokens, targets, shape } = new BatchSampler(places(1000), { batch: 5, block: 7, seed: 1 }).next();
    expect(shape).toEqual([5, 7]);
    expect(tokens.length).toBe(35);
    for (let row = 0; row < 5; row += 1) {
      const start = tokens[row * 7] ?? -1;
      expect([...tokens.subarray(row * 7, row * 7 + 7)]).toEqual([0, 1, 2, 3, 4, 5, 6].map((place) => start + place));
      expect([...targets.subarray(row * 7, row * 7 + 7)]).toEqual([1, 2, 3, 4, 5, 6, 7].map((place) => start + place));
    }
  });

  it('begins everywhere from the first place to the last with room for the targets, equally often', () => {
    const [length, block] = [260, 4];
    const counts = new Float64Array(length - block); // torch.randint(length - block)
    const sampler = new BatchSampler(places(length), { batch: 100, block, seed: 1337 });
    for (let batch = 0; batch < 1024; batch += 1) {
      for (const start of starts(sampler.next())) counts[start] = (counts[start] ?? 0) + 1;
    }
    expect(counts.length).toBe(256);
    expect(counts.every((count) => count > 0)).toBe(true);
    expect(Math.abs(chiSquareDeviations(counts, () => 102_400 / 256))).toBeLessThan(DEVIATIONS);
  });

  it('makes every place a training example: the first token is seen, the last one is a target', () => {
    const seen = new Set<number>();
    const predicted = new Set<number>();
    const sampler = new BatchSampler(places(40), { batch: 16, block: 8, seed: 0 });
    for (let batch = 0; batch < 50; batch += 1) {
      const { tokens, targets } = sampler.next();
      for (const token of tokens) seen.add(token);
      for (const target of targets) predicted.add(target);
    }
    expect([seen.size, Math.min(...seen), Math.max(...seen)]).toEqual([39, 0, 38]);
    expect([predicted.size, Math.min(...predicted), Math.max(...predicted)]).toEqual([39, 1, 39]);
  });

  it('repeats for a seed and differs between seeds', () => {
    const draw = (seed: number): number[] =>
      starts(new BatchSampler(places(5000), { batch: 12, block: 8, seed }).next());
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it('begins differently for neighbouring seeds: their first blocks are spread evenly', () => {
    const counts = new Float64Array(64);
    for (let seed = 0; seed < 6400; seed += 1) {
      const [start = 0] = starts(new BatchSampler(places(65), { batch: 1, block: 1, seed }).next());
      counts[start] = (counts[start] ?? 0) + 1;
    }
    expect(Math.abs(chiSquareDeviations(counts, () => 100))).toBeLessThan(DEVIATIONS);
  });

  it('draws k batches at once as k batches one after another', () => {
    const options = { batch: 3, block: 5, seed: 4 };
    const [one, other] = [new BatchSampler(places(500), options), new BatchSampler(places(500), options)];
    const together = one.nextSteps(6);
    const singles = Array.from({ length: 6 }, () => other.next());
    expect(together.shape).toEqual([6, 3, 5]);
    expect([...together.tokens]).toEqual(singles.flatMap(({ tokens }) => [...tokens]));
    expect([...together.targets]).toEqual(singles.flatMap(({ targets }) => [...targets]));
    expect(one.getState()).toEqual(other.getState());
  });

  it('goes on from a saved state, through JSON, with the batches it would have drawn', () => {
    const size = { batch: 4, block: 6 };
    const sampler = new BatchSampler(places(300), { ...size, seed: 99 });
    for (let batch = 0; batch < 17; batch += 1) sampler.next();
    const state: number[] = JSON.parse(JSON.stringify(sampler.getState()));
    const restored = BatchSampler.fromState(places(300), { ...size, seed: 99 }, state);
    expect(restored.getState()).toEqual(state);
    for (let batch = 0; batch < 20; batch += 1) expect(restored.next()).toEqual(sampler.next());
  });

  it('gives a state that later batches leave alone', () => {
    const sampler = new BatchSampler(places(300), { batch: 4, block: 6, seed: 99 });
    const state = sampler.getState();
    const copy = [...state];
    sampler.next();
    expect(state).toEqual(copy);
  });

  it('takes the shortest text: one block and its targets', () => {
    expect(starts(new BatchSampler(places(9), { batch: 3, block: 8, seed: 0 }).next())).toEqual([0, 0, 0]);
    expect(() => new BatchSampler(places(8), { batch: 3, block: 8, seed: 0 })).toThrow('needs at least 9');
  });

  it.each([
    { batch: 0, block: 8 },
    { batch: 4, block: 0 },
    { batch: 1.5, block: 8 },
    { batch: 4, block: Number.NaN },
  ])('refuses the size %j', (size) => {
    expect(() => new BatchSampler(places(100), { ...size, seed: 0 })).toThrow(/must be a whole number of 1 or more/);
    expect(() => [...allBlocks(places(100), size)]).toThrow(UserError);
  });

  it.each([[[]], [[1, 2, 3]], [[0, 0, 0, 0]], [[1, 2, 3, 0.5]], [[1, 2, 3, 2 ** 31]], [[1, 2, 3, 4, 5]]])(
    'refuses the damaged state %j',
    (state) => {
      expect(() => BatchSampler.fromState(places(100), { batch: 1, block: 8, seed: 0 }, state)).toThrow('is damaged');
    },
  );

  it('refuses to draw no steps', () => {
    const sampler = new BatchSampler(places(100), { batch: 1, block: 8, seed: 0 });
    for (const steps of [0, -1, 1.5]) expect(() => sampler.nextSteps(steps)).toThrow(UserError);
  });
});

describe('evaluationBatches', () => {
  it('are the same every time for a seed', () => {
    const options = { batch: 4, block: 8, batches: 10, seed: 5 };
    const first = [...evaluationBatches(places(400), options)];
    expect(first.length).toBe(10);
    expect([...evaluationBatches(places(400), options)]).toEqual(first);
    expect([...evaluationBatches(places(400), { ...options, seed: 6 })]).not.toEqual(first);
    expect(new Set(first.flatMap(starts)).size).toBeGreaterThan(20);
  });
});

describe('allBlocks', () => {
  it.each([
    [101, 4, 5],
    [102, 4, 5],
    [100, 4, 5],
    [9, 4, 8],
    [17, 100, 8],
    [1000, 1, 1],
  ])(
    'makes each of %i tokens but the first a target once, in order (batches of %i, blocks of %i)',
    (length, batch, block) => {
      const batches = [...allBlocks(places(length), { batch, block })];
      expect(batches.flatMap(({ tokens }) => [...tokens])).toEqual([...places(length - 1)]);
      expect(batches.flatMap(({ targets }) => [...targets])).toEqual([...places(length).subarray(1)]);
      for (const { shape, tokens, targets } of batches) {
        const [rows = 0, width = 0] = shape;
        expect([tokens.length, targets.length]).toEqual([rows * width, rows * width]);
        expect(rows).toBeLessThanOrEqual(batch);
        expect(width).toBeLessThanOrEqual(block);
      }
      const full = batches.filter(({ shape }) => shape[0] === batch && shape[1] === block).length;
      expect(full).toBe(Math.floor((length - 1) / block / batch));
    },
  );

  it('refuses a text with no room for a block', () => {
    expect(() => [...allBlocks(places(8), { batch: 1, block: 8 })]).toThrow('needs at least 9');
  });
});
