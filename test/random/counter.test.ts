import { describe, expect, it } from 'vitest';
import {
  absorb,
  HALF,
  hash,
  INCREMENT,
  mix,
  normal,
  normals,
  quadratic,
  scramble,
  swapHalves,
  uniform,
  uniformFromBits,
} from '../../src/random/counter.ts';
import { chiSquareDeviations, DEVIATIONS, kolmogorovSmirnov, normalDistribution, sumDeviations } from './statistics.ts';

/** The streams under test: 2^16 hashes each, in the orders in which the library walks seeds and counters. */
const LENGTH = 2 ** 16;
const streams: Readonly<Record<string, (index: number) => number>> = {
  'neighbouring seeds': (index) => hash(index),
  'neighbouring counters': (index) => hash(1337, index),
  'neighbouring seeds, same counters': (index) => hash(index, 7, 42),
  'first of two counters': (index) => hash(1337, index, 5),
  'last of three counters': (index) => hash(1337, 1, 2, index),
  'negative counters': (index) => hash(-1, -index),
  'counters apart by 2^16': (index) => hash(0, index * 65536),
  'a grid of counters': (index) => hash(3, index >>> 8, index & 255),
};

/** The same steps as the module, from wide integers: what Add, Mul and Div of int32 tensors do. */
const exact = {
  wrap: (x: bigint): bigint => BigInt.asIntN(32, x),
  mix(x: bigint): bigint {
    const sum = exact.wrap(x + BigInt(INCREMENT));
    const product = exact.wrap(sum * exact.wrap(2n * sum + 1n));
    return exact.wrap(exact.wrap(product * BigInt(HALF)) + product / BigInt(HALF)); // BigInt's division truncates too
  },
  scramble: (x: bigint): bigint => exact.mix(exact.mix(exact.mix(x))),
  hash: (...counters: bigint[]): bigint =>
    counters.reduce((state, counter) => exact.scramble(exact.wrap(state + exact.scramble(counter))), 0n),
};

describe('the definition', () => {
  it('is wrapping and truncating int32 arithmetic, step by step', () => {
    for (const x of [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 65535, 65536, -65535, -65536, 123456789, -987654321]) {
      expect(mix(x)).toBe(Number(exact.mix(BigInt(x))));
      expect(scramble(x)).toBe(Number(exact.scramble(BigInt(x))));
      for (const y of [0, 1, -1, 2 ** 31 - 1, -(2 ** 31)]) {
        expect(hash(x, y, 3)).toBe(Number(exact.hash(BigInt(x), BigInt(y), 3n)));
      }
    }
  });

  it('never changes: runs of earlier versions resume with the same numbers', () => {
    expect([hash(0), hash(1337), hash(1337, 0), hash(1337, 1, 2), hash(-1, -1)]).toEqual([
      -1221059281, -2045280479, -477705604, -1481026584, -837921843,
    ]);
  });

  it('is a fold: a prefix can be absorbed once', () => {
    expect(absorb(absorb(hash(9), 4), 5)).toBe(hash(9, 4, 5));
  });

  it('tells the order of counters, a seed from a counter, and fewer counters from zeros', () => {
    expect(new Set([hash(1, 2), hash(2, 1), hash(0, 1, 2), hash(1), hash(1, 0), hash(1, 0, 0)]).size).toBe(6);
  });

  it('quadratic permutes and swapHalves almost does: of 2^20 scrambled counters at most a chance few fall together', () => {
    const seen = new Set<number>();
    for (let x = 0; x < 2 ** 20; x += 1) seen.add(scramble(x));
    expect(2 ** 20 - seen.size).toBeLessThan(16); // a random function would lose 128
    expect(quadratic(-3)).toBe(15);
    expect([swapHalves(0x12345678), swapHalves(-0x12345678)]).toEqual([0x56781234, -0x56781234]);
  });
});

/** How far the worst of the 1024 pairs of input and output bits is from flipping together half of the time. */
function avalancheDeviations(permutation: (x: number) => number, samples: number): number {
  let worst = 0;
  for (let input = 0; input < 32; input += 1) {
    const flips = new Float64Array(32);
    for (let index = 0; index < samples; index += 1) {
      const x = Math.imul(index, 0x2545f491);
      const difference = permutation(x) ^ permutation(x ^ (1 << input));
      for (let output = 0; output < 32; output += 1)
        flips[output] = (flips[output] ?? 0) + ((difference >>> output) & 1);
    }
    for (const count of flips) worst = Math.max(worst, Math.abs(count - samples / 2) / Math.sqrt(samples / 4));
  }
  return worst;
}

describe('avalanche', () => {
  it('each flipped input bit flips each output bit half of the time: 48.9 to 51.1 % for the worst of 1024 pairs', () => {
    expect(avalancheDeviations(scramble, 40_000)).toBeLessThan(DEVIATIONS);
  });

  it('two rounds are too few, and the measure tells', () => {
    expect(avalancheDeviations((x) => mix(mix(x)), 4000)).toBeGreaterThan(20);
  });
});

describe.each(Object.entries(streams))('hash over %s', (_, at) => {
  const sample = Int32Array.from({ length: LENGTH }, (_value, index) => at(index));

  it.each([0, 1, 2, 3])('byte %i takes all values equally often', (byte) => {
    const counts = new Float64Array(256);
    for (const bits of sample) {
      const value = (bits >>> (8 * byte)) & 255;
      counts[value] = (counts[value] ?? 0) + 1;
    }
    expect(Math.abs(chiSquareDeviations(counts, () => LENGTH / 256))).toBeLessThan(DEVIATIONS);
  });

  it('each bit is set half of the time', () => {
    for (let bit = 0; bit < 32; bit += 1) {
      let balance = 0;
      for (const bits of sample) balance += ((bits >>> bit) & 1) * 2 - 1;
      expect(Math.abs(sumDeviations(balance, LENGTH))).toBeLessThan(DEVIATIONS);
    }
  });

  it('neighbours are uncorrelated, near and far', () => {
    const centred = Float64Array.from(sample, (bits) => (uniformFromBits(bits) - 0.5) * Math.sqrt(12));
    for (const lag of [1, 2, 3, 4, 16, 64, 255, 256, 257, 1024]) {
      let sum = 0;
      for (let index = 0; index + lag < LENGTH; index += 1) sum += (centred[index] ?? 0) * (centred[index + lag] ?? 0);
      expect(Math.abs(sumDeviations(sum, LENGTH - lag))).toBeLessThan(DEVIATIONS);
    }
  });

  it.each([
    ['high', 28],
    ['low', 0],
  ])('pairs of neighbours fill a 16 × 16 grid evenly by their %s bits', (_name, shift) => {
    const counts = new Float64Array(256);
    for (let index = 0; index + 1 < LENGTH; index += 2) {
      const cell = ((((sample[index] ?? 0) >>> shift) & 15) << 4) | (((sample[index + 1] ?? 0) >>> shift) & 15);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
    expect(Math.abs(chiSquareDeviations(counts, () => LENGTH / 2 / 256))).toBeLessThan(DEVIATIONS);
  });
});

it('the streams of two seeds are no shifted copies of each other', () => {
  const first = new Set(Array.from({ length: LENGTH }, (_value, index) => hash(1, index)));
  for (const seed of [2, 3, 1337]) {
    let shared = 0;
    for (let index = 0; index < LENGTH; index += 1) if (first.has(hash(seed, index))) shared += 1;
    expect(shared).toBeLessThan(8); // chance gives 2^16 · 2^16 / 2^32 = 1
  }
});

describe('uniform', () => {
  it('is a floor of the bits: each of 2^24 values has 256 bit patterns, give or take one', () => {
    expect(uniformFromBits(-(2 ** 31))).toBe(0);
    expect(uniformFromBits(2 ** 31 - 1)).toBe(1 - 2 ** -24);
    for (const value of [-(2 ** 31), -512, -256, 0, 256, 512, 2 ** 31 - 256]) {
      const floored = Math.floor(value / 256) * 2 ** -24 + 0.5;
      expect(uniformFromBits(value + 1)).toBe(floored);
      expect(uniformFromBits(value + 254)).toBe(floored);
    }
  });

  it('is exact in float32 and stays in [0, 1)', () => {
    for (let index = 0; index < LENGTH; index += 1) {
      const value = uniform(1337, index);
      if (value !== Math.fround(value) || value < 0 || value >= 1) expect.fail(`uniform(1337, ${index}) is ${value}`);
    }
  });

  it('is uniform (Kolmogorov and Smirnov), with the right mean and variance', () => {
    const sample = Float64Array.from({ length: LENGTH }, (_value, index) => uniform(42, index));
    expect(kolmogorovSmirnov(sample, (x) => x)).toBeLessThan(1.95);
    const mean = sample.reduce((sum, x) => sum + x, 0) / LENGTH;
    expect(Math.abs(mean - 0.5) * Math.sqrt(12 * LENGTH)).toBeLessThan(DEVIATIONS);
  });
});

describe('normal', () => {
  const sample = Float64Array.from({ length: LENGTH }, (_value, index) => normal(7, index));

  it('is normal (Kolmogorov and Smirnov)', () => {
    expect(kolmogorovSmirnov(sample, normalDistribution)).toBeLessThan(1.95);
  });

  it('has mean 0, variance 1, skewness 0 and kurtosis 3', () => {
    const moment = (power: number): number => sample.reduce((sum, x) => sum + x ** power, 0) / LENGTH;
    // The variances of x, x², x³ and x⁴ for a normal x are 1, 2, 15 and 96.
    const deviations = [
      moment(1) / Math.sqrt(1 / LENGTH),
      (moment(2) - 1) / Math.sqrt(2 / LENGTH),
      moment(3) / Math.sqrt(15 / LENGTH),
      (moment(4) - 3) / Math.sqrt(96 / LENGTH),
    ];
    for (const deviation of deviations) expect(Math.abs(deviation)).toBeLessThan(DEVIATIONS);
  });

  it('has no correlation between neighbours', () => {
    let sum = 0;
    for (let index = 0; index + 1 < LENGTH; index += 1) sum += (sample[index] ?? 0) * (sample[index + 1] ?? 0);
    expect(Math.abs(sumDeviations(sum, LENGTH - 1))).toBeLessThan(DEVIATIONS);
  });

  it('normals gives element k what normal gives the counter k', () => {
    const values = normals(100, 0.02, 7, 3);
    expect(values).toEqual(Float32Array.from({ length: 100 }, (_value, index) => 0.02 * normal(7, 3, index)));
  });
});
