import {
  add,
  filled,
  gather,
  type Initializer,
  layerNormalization,
  matMul,
  parameter,
  scope,
  trilu,
  unsqueeze,
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
  const position = context.rows(positionTable, tokens); // (T, C)
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
 * @param keys (B, S, …) or (B, H, S, …): the positions looked at, along `axis`; S = past + T
 * @returns (T, S), or where the sequences of a batch differ (B, T, S) or (B, 1, T, S)
 */
export function causalMask(x: Value, keys: Value, axis: number, blockSize: number, context: Context): Value {
  const triangle = trilu(filled(1, [blockSize, blockSize])); // (block, block)
  const visible = context.visible(triangle, x, keys, axis);
  return visible.rank === 3 && axis === 2 ? unsqueeze(visible, [1]) : visible;
}

/** The length of the last axis, which every layer must know. */
export function width(x: Value): number {
  const size = x.shape.at(-1);
  if (typeof size !== 'number') throw new TypeError(`a layer needs a vector of known width, not ${x}`);
  return size;
}
