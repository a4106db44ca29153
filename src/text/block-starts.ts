import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mersenne } from 'pure-rand/generator/mersenne';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { UserError } from '../errors.ts';
import { hash } from '../random/counter.ts';

/** Whose random numbers choose where blocks begin. */
export type BlockRandom = 'trilu' | 'torch';

/** Random whole numbers that go on from a state. */
export interface BlockStarts {
  /** The next one, from 0 and below `count`. */
  next(count: number): number;
  /** Whole numbers that JSON holds exactly. */
  getState(): readonly number[];
}

interface Kind {
  readonly start: (seed: number) => BlockStarts;
  readonly resume: (state: readonly number[], seed: number) => BlockStarts;
}

const kinds: Readonly<Record<BlockRandom, Kind>> = {
  trilu: { start: (seed) => xoroshiroStarts(seedState(seed)), resume: (state) => xoroshiroStarts(checkedState(state)) },
  torch: {
    start: (seed) => torchStarts(seed, 0),
    resume: ([drawn = -1, ...more], seed) => torchStarts(seed, checkedCount(drawn, more)),
  },
};

/** Numbers from a seed, an integer taken modulo 2^32. */
export function blockStarts(kind: BlockRandom, seed: number): BlockStarts {
  return kinds[kind].start(seed);
}

/**
 * Numbers that go on where those with this state stopped.
 * @throws UserError when that is no state
 */
export function resumedBlockStarts(kind: BlockRandom, state: readonly number[], seed: number): BlockStarts {
  return kinds[kind].resume(state, seed);
}

/** How many numbers xoroshiro128+ has for a state. */
const STATE_LENGTH = 4;

function xoroshiroStarts(state: readonly number[]): BlockStarts {
  const generator = xoroshiro128plusFromState(state);
  return { next: (count) => uniformInt(generator, 0, count - 1), getState: () => [...generator.getState()] };
}

/** The generator's own seeding would give neighbouring seeds neighbouring first numbers; a hash of the seed does not. */
function seedState(seed: number): readonly number[] {
  const state = Array.from({ length: STATE_LENGTH }, (_, word) => hash(seed, word));
  return state.every((word) => word === 0) ? [1, 0, 0, 0] : state; // all zeros is the one state it never leaves
}

function checkedState(state: readonly number[]): readonly number[] {
  const isState = state.length === STATE_LENGTH && state.every((word) => Number.isInteger(word) && word === (word | 0));
  if (!isState || state.every((word) => word === 0)) {
    throw damaged(state, `${STATE_LENGTH} 32-bit integers that are not all 0`);
  }
  return state;
}

/** From here on PyTorch (2.7 and newer) takes 64 random bits for one number; older ones from 2^32 on. */
const WIDE = 2 ** 28;

/**
 * What PyTorch draws on the CPU: after `torch.manual_seed(seed)`, each number of `torch.randint(count, …)` is an output of MT19937
 * (Matsumoto & Nishimura 1998) modulo `count`. The state is how many outputs were taken: a Mersenne Twister's own has 625 numbers, and
 * a million outputs are made again in milliseconds.
 */
function torchStarts(seed: number, drawn: number): BlockStarts {
  const generator = mersenne(seed);
  let taken = 0;
  const output = (): number => {
    taken += 1;
    return generator.next() >>> 0;
  };
  while (taken < drawn) output();
  const next = (count: number): number => {
    if (count < WIDE) return output() % count;
    const high = BigInt(output());
    return Number(((high << 32n) | BigInt(output())) % BigInt(count));
  };
  return { next, getState: () => [taken] };
}

function checkedCount(drawn: number, more: readonly number[]): number {
  if (more.length === 0 && Number.isSafeInteger(drawn) && drawn >= 0) return drawn;
  throw damaged([drawn, ...more], 'one whole number from 0');
}

function damaged(state: readonly number[], wanted: string): UserError {
  return new UserError(`The saved data position [${state.join(', ')}] is damaged: it must be ${wanted}.`);
}
