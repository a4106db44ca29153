import {
  add,
  dimensionOf,
  filled,
  gather,
  type Initializer,
  layerNormalization,
  matMul,
  parameter,
  scope,
  slice,
  trilu,
  type Value,
} from '../src/graph/index.ts';
import type { Context } from './model.ts';

const ones: Initializer = { kind: 'constant', value: 1 };
const zeros: Initializer = { kind: 'constant', value: 0 };

export interface LinearOptions {
  readonly bias?: boolean;
  readonly initializer?: Initializer;
}

/** Normal numbers that leave the scale of what goes through a matrix as it is: N(0, 1/√inputs) (LeCun et al. 1998). */
export function scaledInitializer(inputs: number): Initializer {
  return { kind: 'normal', standardDeviation: 1 / Math.sqrt(inputs) };
}

/** x·W + b over the last axis. @param x (…, in) @returns (…, size) */
export function linear(name: string, x: Value, size: number, { bias = true, initializer }: LinearOptions = {}): Value {
  return scope(name, () => {
    const weight = parameter('weight', [width(x), size], initializer ?? scaledInitializer(width(x))); // (in, size)
    const y = matMul(x, weight); // (…, size)
    return bias ? add(y, parameter('bias', [size], zeros)) : y;
  });
}

/** The table of a token or position embedding. @returns (rows, size) */
export function embedding(name: string, rows: number, size: number): Value {
  return scope(name, () => parameter('weight', [rows, size]));
}

/** A vector for each token, and for each place in the block one more. @returns (B, T, C) */
export function embed(tokens: Value, tokenTable: Value, positionTable: Value, context: Context): Value {
  const token = gather(tokenTable, tokens); // (B, T, C)
  const position = rowsFor(tokens, positionTable, context); // (T, C)
  return add(token, position); // (B, T, C)
}

/** Normalises each position's vector to mean 0 and variance 1, then scales (and shifts). @param x (B, T, C) */
export function layerNorm(name: string, x: Value, { bias = true }: { bias?: boolean } = {}): Value {
  return scope(name, () => {
    const weight = parameter('weight', [width(x)], ones);
    return layerNormalization(x, weight, bias ? parameter('bias', [width(x)], zeros) : undefined);
  });
}

/**
 * Who may look at whom: row t has ones up to column t and zeros after it (the future).
 * The triangle is made once for the whole block and cut to the tokens at hand.
 * @param x (B, T, …): the positions that look
 * @param keys (…, S, …): the positions looked at, along `axis`; S = past + T
 * @returns (T, S)
 */
export function causalMask(x: Value, keys: Value, axis: number, blockSize: number, context: Context): Value {
  const triangle = trilu(filled(1, [blockSize, blockSize])); // (block, block)
  const rows = rowsFor(x, triangle, context); // (T, block)
  return slice(rows, { axis: 1, end: dimensionOf(keys, axis) }); // (T, S)
}

/** The rows of a table that belong to the positions of `x`. @param x (B, T, …) @param table (block, …) @returns (T, …) */
function rowsFor(x: Value, table: Value, { start }: Context): Value {
  const rest = start === 0 ? table : slice(table, { axis: 0, start });
  return slice(rest, { axis: 0, end: dimensionOf(x, 1), length: x.shape[1] ?? 0 });
}

/** The length of the last axis, which every layer must know. */
export function width(x: Value): number {
  const size = x.shape.at(-1);
  if (typeof size !== 'number') throw new TypeError(`a layer needs a vector of known width, not ${x}`);
  return size;
}
