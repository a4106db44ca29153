/** How many bits of a key one pass of the sort looks at, and how many values these have. */
const digitBits = 11;
const digitCount = 2 ** digitBits;

/** Where the digits of a key begin, the least significant first: 11 + 11 + 10 bits. */
const digitShifts = [0, digitBits, 2 * digitBits] as const;

/** The largest number of keys that are sorted by insertion, which needs no table of digits. */
const insertionLimit = 128;

/**
 * The positions of the largest values, by descending value; of equal values the lower position first. The values must not be NaN.
 *
 * Only what can be among them is sorted, so that a vocabulary of tens of thousands costs little: values below `least` are passed
 * over, the `most`-th largest is found by counting, and what is left is sorted digit by digit, in linear time.
 *
 * @param limits.least values below it are left out; all are taken unless told
 * @param limits.most how many positions are wanted at most; all unless told
 */
export function largestFirst(
  values: Float32Array,
  { least = Number.NEGATIVE_INFINITY, most = values.length }: { readonly least?: number; readonly most?: number } = {},
): Int32Array {
  let positions = positionsFrom(values, least);
  let keys = descendingKeys(values, positions);
  if (most < positions.length) {
    positions = positionsUpTo(positions, keys, keyAt(keys, most));
    keys = descendingKeys(values, positions);
  }
  const sorted = positions.length > insertionLimit ? sortByDigits(positions, keys) : sortByInsertion(positions, keys);
  return sorted.slice(0, most);
}

function positionsUpTo(positions: Int32Array, keys: Uint32Array, last: number): Int32Array {
  const found = new Int32Array(positions.length);
  let count = 0;
  for (let index = 0; index < keys.length; index += 1) {
    if ((keys[index] ?? 0) <= last) found[count++] = positions[index] ?? 0;
  }
  return found.subarray(0, count);
}

function positionsFrom(values: Float32Array, least: number): Int32Array {
  const positions = new Int32Array(values.length);
  let count = 0;
  for (let position = 0; position < values.length; position += 1) {
    if ((values[position] ?? 0) >= least) positions[count++] = position;
  }
  return positions.subarray(0, count);
}

/**
 * Whole numbers from 0 whose order is the descending order of the values: a float's bits rise with its value where it is positive and fall
 * where it is negative.
 */
function descendingKeys(values: Float32Array, positions: Int32Array): Uint32Array {
  const floats = new Float32Array(positions.length);
  // Adding 0 makes a negative zero the positive one, which it is equal to.
  for (let index = 0; index < floats.length; index += 1) floats[index] = (values[positions[index] ?? 0] ?? 0) + 0;
  const bits = new Int32Array(floats.buffer);
  const keys = new Uint32Array(bits.length);
  for (let index = 0; index < bits.length; index += 1) {
    const bit = bits[index] ?? 0;
    keys[index] = bit < 0 ? bit : bit ^ 0x7fff_ffff;
  }
  return keys;
}

/** The key that has `rank` keys up to it, itself included, in order of size; found digit by digit from the top. */
function keyAt(keys: Uint32Array, rank: number): number {
  let found = 0;
  let left = rank;
  for (const shift of digitShifts.toReversed()) {
    const counts = new Uint32Array(digitCount);
    const above = shift + digitBits; // 33 at the top, where there is nothing above
    for (let index = 0; index < keys.length; index += 1) {
      const key = keys[index] ?? 0;
      if (above >= 32 || (key ^ found) >>> above === 0) count(counts, (key >>> shift) & (digitCount - 1));
    }
    let digit = 0;
    while (left > (counts[digit] ?? 0)) {
      left -= counts[digit] ?? 0;
      digit += 1;
    }
    found = (found | (digit << shift)) >>> 0;
  }
  return found;
}

/** Sorts positions by their keys; those of equal keys stay in their order. What it is given is used up. */
function sortByInsertion(positions: Int32Array, keys: Uint32Array): Int32Array {
  for (let index = 1; index < keys.length; index += 1) {
    const [position, key] = [positions[index] ?? 0, keys[index] ?? 0];
    let place = index;
    for (; place > 0 && (keys[place - 1] ?? 0) > key; place -= 1) {
      positions[place] = positions[place - 1] ?? 0;
      keys[place] = keys[place - 1] ?? 0;
    }
    positions[place] = position;
    keys[place] = key;
  }
  return positions;
}

/** The same for many. */
function sortByDigits(positions: Int32Array, keys: Uint32Array): Int32Array {
  let [from, to]: [Int32Array, Int32Array] = [positions, new Int32Array(positions.length)];
  let [fromKeys, toKeys]: [Uint32Array, Uint32Array] = [keys, new Uint32Array(keys.length)];
  for (const shift of digitShifts) {
    const places = placesByDigit(fromKeys, shift);
    for (let index = 0; index < fromKeys.length; index += 1) {
      const key = fromKeys[index] ?? 0;
      const place = count(places, (key >>> shift) & (digitCount - 1));
      to[place] = from[index] ?? 0;
      toKeys[place] = key;
    }
    [from, to] = [to, from];
    [fromKeys, toKeys] = [toKeys, fromKeys];
  }
  return from;
}

/** Where the first key of each digit goes: the number of keys with a smaller digit. */
function placesByDigit(keys: Uint32Array, shift: number): Uint32Array {
  const places = new Uint32Array(digitCount);
  for (let index = 0; index < keys.length; index += 1) count(places, ((keys[index] ?? 0) >>> shift) & (digitCount - 1));
  let before = 0;
  for (let digit = 0; digit < digitCount; digit += 1) {
    const here = places[digit] ?? 0;
    places[digit] = before;
    before += here;
  }
  return places;
}

/** Adds one. @returns what it was before */
function count(counts: Uint32Array, digit: number): number {
  const before = counts[digit] ?? 0;
  counts[digit] = before + 1;
  return before;
}
