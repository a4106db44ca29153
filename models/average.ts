import {
  constant,
  dimensionOf,
  dimensionsOf,
  div,
  equal,
  expand,
  matMul,
  reduceSum,
  softmax,
  unsqueeze,
  type Value,
  vector,
  where,
} from '../src/graph/index.ts';
import { causalMask, embed, embedding, linear } from './layers.ts';
import { type Context, type Model, type ModelConfig, plainContext } from './model.ts';

/**
 * Attention before there is any: each position takes the plain mean of itself and its past.
 * The notes give two forms, and they are equal; `config.average` chooses.
 */
export function average(config: ModelConfig): Model {
  const { vocabularySize, blockSize, initialization, embedding: C } = config;
  const averaging = config.average === 'matmul' ? weightsByMatMul : weightsBySoftmax;
  return {
    config,
    logits(tokens: Value, context: Context = plainContext): Value {
      const tokenTable = embedding('token_embedding_table', vocabularySize, C, initialization); // (V, C)
      const positionTable = embedding('position_embedding_table', blockSize, C, initialization); // (block, C)
      const x = embed(tokens, tokenTable, positionTable, context); // (B, T, C)
      const past = context.remember('x', x, 1); // (B, S, C)
      const visible = causalMask(x, past, 1, blockSize, context); // (T, S)
      const weights = averaging(visible); // (T, S), rows sum to 1
      const [batch, time, all] = [dimensionOf(x, 0), dimensionOf(x, 1), dimensionOf(past, 1)];
      const ofHead = unsqueeze(weights, weights.rank === 2 ? [0, 1] : [1]); // (1, 1, T, S), or (B, 1, T, S)
      context.tap('attention.0', expand(ofHead, vector([batch, 1, time, all]))); // (B, 1, T, S)
      const mixed = matMul(weights, past); // (T, S) × (B, S, C) → (B, T, C)
      return linear('lm_head', mixed, vocabularySize, { initialization }); // (B, T, V)
    },
  };
}

/** The lower triangle, each row divided by its sum. @param visible (…, T, S), ones and zeros @returns (…, T, S) */
export function weightsByMatMul(visible: Value): Value {
  return div(visible, reduceSum(visible, { axes: [-1], keepDims: true }));
}

/** Zeros, the future set to −∞, and softmax: the same rows. @param visible (…, T, S), ones and zeros @returns (…, T, S) */
export function weightsBySoftmax(visible: Value): Value {
  const zeros = expand(constant(0), dimensionsOf(visible)); // (T, S)
  const scores = where(equal(visible, 0), -Infinity, zeros); // (T, S)
  return softmax(scores, { axis: -1 });
}
