/**
 * Randomness as a function of (seed, counters): the same numbers on every machine and device, in any order, from any step on.
 * Everything up to `uniform` is int32 arithmetic that exists as ONNX operators everywhere: Add and Mul that wrap at 32 bits,
 * and Div by a positive constant, which truncates toward zero. A graph repeats it bit for bit, operator by operator:
 *
 *     quadratic(x)          = x · (2x + 1)                          Mul, Add, Mul
 *     swapHalves(x)         = x · 65536 + x / 65536                 Mul, Div, Add
 *     mix(x)                = swapHalves(quadratic(x + INCREMENT))  Add and the two above
 *     scramble(x)           = mix(mix(mix(x)))
 *     absorb(state, c)      = scramble(state + scramble(c))         scramble(c) of a constant counter is a constant too
 *     hash(seed, c1, c2, …) = absorb(absorb(absorb(0, seed), c1), c2) …
 *     uniformFromBits(bits) = float32((bits / 2 + 2^30) / 128) · 2^-24
 *
 * `quadratic` is the permutation at the heart of the cipher RC6 (Rivest, Robshaw, Sidney, Yin, 1998): each bit of the result
 * depends on all the lower bits of x, so its high bits are good and its low ones poor. `swapHalves` puts the good half
 * below, where the next round spreads it upwards. Three rounds make every output bit flip with probability 1/2 for every flipped
 * input bit (test/random/counter.test.ts); two do not.
 *
 * Counters are scrambled before they are added, so that the streams of two seeds never run as shifted copies of each other.
 * Not for cryptography: the state has 32 bits.
 */

/** What each round adds, so that zero is no fixed point: 2^32 divided by the golden ratio, as a signed number. */
export const INCREMENT: number = 0x9e3779b9 | 0;

/** The half-word factor of `swapHalves`. */
export const HALF: number = 65536;

/** `x · (2x + 1)` modulo 2^32: a permutation of the int32 whose high bits depend on every bit of x. */
export function quadratic(x: number): number {
  return Math.imul(x, (2 * x + 1) | 0);
}

/** `x · 65536 + trunc(x / 65536)` modulo 2^32: the low half moves up, the (signed) high half moves down. */
export function swapHalves(x: number): number {
  // x / 65536 toward zero without a division: a negative number is raised by 65535 before it is shifted down.
  return (Math.imul(x, HALF) + ((x + ((x >> 31) & 0xffff)) >> 16)) | 0;
}

/** One round: int32 → int32. */
export function mix(x: number): number {
  return swapHalves(quadratic((x + INCREMENT) | 0));
}

/** Three rounds, after which every bit of the result depends evenly on every bit of x: int32 → int32. */
export function scramble(x: number): number {
  return mix(mix(mix(x)));
}

/** The hash state after one more counter; `hash` is a fold of this from 0. Numbers outside int32 are taken modulo 2^32. */
export function absorb(state: number, counter: number): number {
  return scramble((state + scramble(counter | 0)) | 0);
}

/**
 * 32 random bits for a seed and any number of counters.
 * @param seed an integer; seeds that are equal modulo 2^32 are the same seed
 * @param counters integers, each modulo 2^32; their order matters
 * @returns an int32; all of its bits are good
 */
export function hash(seed: number, ...counters: number[]): number {
  let state = absorb(0, seed);
  for (const counter of counters) state = absorb(state, counter);
  return state;
}

/**
 * A float in [0, 1) from 32 random bits: a multiple of 2^-24, so exact in float32.
 * Halving first makes room for the offset, so that the second division sees no negative number and is a floor:
 * dividing the signed number at once would make one value twice as likely. What remains uneven is below 2^-31.
 */
export function uniformFromBits(bits: number): number {
  const nonNegative = ((bits / 2) | 0) + 2 ** 30; // 0 … 2^31 − 1
  return ((nonNegative / 128) | 0) * 2 ** -24;
}

/** A float in [0, 1), a multiple of 2^-24, for a seed and counters as in `hash`. */
export function uniform(seed: number, ...counters: number[]): number {
  return uniformFromBits(hash(seed, ...counters));
}

/**
 * A number from the standard normal distribution for a seed and counters as in `hash`, by Box and Muller (1958), in float64.
 * For the host only: it takes all 32 bits of two hashes, so it reaches ±6.7, and needs no graph twin.
 */
export function normal(seed: number, ...counters: number[]): number {
  return normalFromState(hash(seed, ...counters));
}

/**
 * `length` normal numbers: element k is `standardDeviation · normal(seed, ...counters, k)`, rounded to float32.
 * What initializes a parameter: the seed, and a number of its own for each parameter as the counter.
 */
export function normals(length: number, standardDeviation: number, seed: number, ...counters: number[]): Float32Array {
  const state = hash(seed, ...counters);
  const values = new Float32Array(length);
  for (let index = 0; index < length; index += 1) {
    values[index] = standardDeviation * normalFromState(absorb(state, index));
  }
  return values;
}

const scrambledOne = scramble(1);

function normalFromState(state: number): number {
  const radius = ((state >>> 0) + 0.5) * 2 ** -32; // never 0: its logarithm is finite
  const angle = (scramble((state + scrambledOne) | 0) >>> 0) * 2 ** -32; // of absorb(state, 1)
  return Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * angle);
}
