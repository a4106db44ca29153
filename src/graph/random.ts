import { absorb, HALF, INCREMENT, scramble } from '../random/counter.ts';
import { threshold } from '../random/outer.ts';
import { add, cast, div, greaterOrEqual, mul } from './calls/elementwise.ts';
import { cumSum } from './calls/reduction.ts';
import { expand, range, reshape, reshapeLike, slice, vector } from './calls/shape.ts';
import { multiplyDimensions } from './dimensions.ts';
import { dimensionsOf } from './known.ts';
import { constant, type Operand } from './leaves.ts';
import { Value } from './value.ts';

/** The graph's twin of src/random: the same int32 arithmetic in Add, Mul and Div, bit for bit. */

function quadraticOf(x: Value): Value {
  return mul(x, add(mul(x, 2), 1));
}

function mixOf(x: Value): Value {
  const y = quadraticOf(add(x, INCREMENT));
  return add(mul(y, HALF), div(y, HALF));
}

function scrambleOf(x: Operand): Value {
  if (!(x instanceof Value)) return constant(scramble(x), 'int32');
  return mixOf(mixOf(mixOf(x)));
}

/**
 * 32 random bits from a seed and counters, which broadcast against each other: int32, equal to `hash` of src/random/counter.ts.
 * @param seed int32
 * @param counters int32 values, or numbers that are folded into constants.
 */
export function hashOf(seed: Operand, ...counters: readonly Operand[]): Value {
  const start = seed instanceof Value ? scrambleOf(scrambleOf(seed)) : constant(absorb(0, seed), 'int32');
  return absorbInto(start, ...counters);
}

/** Goes on from a hash with more counters. */
function absorbInto(state: Value, ...counters: readonly Operand[]): Value {
  return counters.reduce<Value>((hash, counter) => scrambleOf(add(hash, scrambleOf(counter))), state);
}

/** A float32 in [0, 1) from 32 random bits, equal to `uniformFromBits` of src/random/counter.ts. */
export function uniformFromBitsOf(bits: Value): Value {
  const nonNegative = add(div(bits, 2), 2 ** 30);
  return mul(cast(div(nonNegative, 128), 'float32'), 2 ** -24);
}

/** 0, 1, 2, … as an int32 vector as long as the given axes of `x` together, whatever they turn out to be. */
export function countOf(x: Value, start: number, end: number): Value {
  const length = multiplyDimensions(...x.shape.slice(start, end));
  if (typeof length === 'number') return range(length);
  // Range wants its limit as a number of the counted type; a running sum of ones needs no cast of a length and stays on the device.
  const ones = reshape(expand(constant(1), vector([dimensionsOf(x, start, end)])), [length]);
  return cast(cumSum(ones, constant(0, 'int32'), { exclusive: true }), 'int32');
}

/** What all dropouts of a model share: the hash of (seed, step), and the scrambled numbers of rows and columns by their shape. */
interface Shared {
  readonly stream: Value;
  readonly scrambledCounts: Map<string, Value>;
}

/** What the dropouts of one model draw from. One object a model: what they can share is kept under it. */
export interface DropoutSource {
  /** int32 scalars: the run's seed and the number of the step. */
  readonly seed: Value;
  readonly step: Value;
  /** int32 scalar: which part of the batch it is, where a batch is worked through in parts. */
  readonly part?: Value;
}

const sharedBy = new WeakMap<DropoutSource, Shared>();

function sharedOf(source: DropoutSource): Shared {
  const shared = sharedBy.get(source) ?? {
    stream: hashOf(source.seed, source.step, ...(source.part === undefined ? [] : [source.part])),
    scrambledCounts: new Map<string, Value>(),
  };
  sharedBy.set(source, shared);
  return shared;
}

/** A hash for each place along the axes `start` to `end` of `x`: `hash(seed, step, stream, place)`. */
function placeHashes(
  { stream, scrambledCounts }: Shared,
  counter: number,
  x: Value,
  start: number,
  end: number,
): Value {
  const key = x.shape.slice(start, end).join('*');
  const scrambled = scrambledCounts.get(key) ?? scrambleOf(countOf(x, start, end));
  scrambledCounts.set(key, scrambled);
  return scrambleOf(add(absorbInto(stream, counter), scrambled));
}

export interface DropoutOptions {
  /** The share of elements dropped, at least 0 and below 1. */
  readonly rate: number;
  readonly source: DropoutSource;
  /** Which of the model's dropouts this is, so that no two drop alike. */
  readonly site: number;
}

/**
 * Drops a share of the elements and scales the others by 1 / (1 − rate) (Srivastava et al. 2014). Which ones is a function of
 * (seed, step, site, position) alone, so a step repeats exactly on every device, and after a resume.
 * @param x float32 (…, C)
 */
export function seededDropout(x: Value, { rate, source, site }: DropoutOptions): Value {
  if (rate === 0) return x;
  const shared = sharedOf(source);
  const last = x.rank - 1;
  const rowHashes = placeHashes(shared, 2 * site, x, 0, last); // (rows)
  const columnHashes = placeHashes(shared, 2 * site + 1, x, last, x.rank); // (C)
  // The shape is read from a slice: lengths joined by a Concat, an int64 vector, would be no work for a GPU.
  const column = slice(x, { axis: last, end: 1 }); // (…, 1)
  const rowFactors = reshapeLike(add(mul(rowHashes, 2), 1), column); // (…, 1)
  const bits = mul(rowFactors, add(mul(columnHashes, 2), 1)); // (…, C), see src/random/outer.ts
  const kept = cast(greaterOrEqual(bits, threshold(rate)), x.type); // 1 where kept
  return mul(x, mul(kept, 1 / (1 - rate)));
}
