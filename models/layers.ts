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
import type { Context, Initialization, ModelConfig } from './model.ts';

const ones: Initializer = { kind: 'constant', value: 1 };
const zeros: Initializer = { kind: 'constant', value: 0 };

const normal = (standardDeviation: number): Initializer => ({ kind: 'normal', standardDeviation });

/** What the parts of a layer begin as, by the way a model's weights begin. */
interface InitializerRow {
  /** A matrix that so many numbers go into. */
  readonly matrix: (inputs: number) => Initializer;
  /** The bias beside such a matrix. */
  readonly bias: (inputs: number) => Initializer;
  readonly embedding: Initializer;
  /** An output layer whose rows are (V, C): GPT-2 begins it as an embedding, which it may be. */
  readonly output: (inputs: number) => Initializer;
}

/** The bound that torch.nn.Linear's kaiming_uniform_ with a = √5 comes to. */
const uniform = (inputs: number): Initializer => ({ kind: 'uniform', bound: 1 / Math.sqrt(inputs) });

const table = normal(0.02);

const initializers: Readonly<Record<Initialization, InitializerRow>> = {
  scaled: {
    matrix: (inputs) => normal(1 / Math.sqrt(inputs)),
    bias: () => zeros,
    embedding: table,
    output: () => table,
  },
  gpt2: { matrix: () => normal(0.02), bias: () => zeros, embedding: table, output: () => table },
  torch: { matrix: uniform, bias: uniform, embedding: normal(1), output: uniform },
};

export interface LinearOptions {
  readonly initialization: Initialization;
  readonly bias?: boolean;
  /** What its first weights are multiplied with. */
  readonly gain?: number;
}

/** x·W + b over the last axis. @param x (…, in) @returns (…, size) */
export function linear(name: string, x: Value, size: number, options: LinearOptions): Value {
  const { initialization, bias = true, gain = 1 } = options;
  const { matrix, bias: ofBias } = initializers[initialization];
  return scope(name, () => {
    const inputs = width(x);
    const weight = parameter('weight', [inputs, size], multiplied(matrix(inputs), gain)); // (in, size)
    const y = matMul(x, weight); // (…, size)
    return bias ? add(y, parameter('bias', [size], ofBias(inputs))) : y;
  });
}

function multiplied(initializer: Initializer, gain: number): Initializer {
  if (initializer.kind === 'normal') return normal(initializer.standardDeviation * gain);
  if (initializer.kind === 'uniform') return { kind: 'uniform', bound: initializer.bound * gain };
  return { kind: 'constant', value: initializer.value * gain };
}

/** The table of a token or position embedding. @returns (rows, size) */
export function embedding(name: string, rows: number, size: number, initialization: Initialization): Value {
  return scope(name, () => parameter('weight', [rows, size], initializers[initialization].embedding));
}

/** An output layer with a row for each character, as GPT-2 keeps it. @returns (rows, inputs) */
export function outputTable(name: string, rows: number, inputs: number, initialization: Initialization): Value {
  return scope(name, () => parameter('weight', [rows, inputs], initializers[initialization].output(inputs)));
}

/** What a stage with heads of so many numbers multiplies attention scores with. */
export function scoreScale(headSize: number, { attentionScale, embedding }: ModelConfig): number {
  return (attentionScale === 'head' ? headSize : embedding) ** -0.5;
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
