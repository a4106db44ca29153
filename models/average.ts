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
import { causalMask, defineModel, showAttention, withPast } from '../src/model/index.ts';
import { choice } from '../src/settings/setting.ts';
import { embed, initialization, languageHead, settings, training } from './lecture.ts';

/**
 * Attention before there is any: each position takes the plain mean of itself and its past.
 * The notes give two forms, and they are equal; `average` chooses.
 */
export const average = defineModel({
  name: 'average',
  description: 'the mean of all that came before',
  settings: {
    block: settings.block,
    embedding: settings.embedding,
    initialization: settings.initialization,
    average: choice(['softmax', 'matmul'], {
      default: 'softmax',
      description: 'how the stage average takes its mean',
      argument: 'form',
    }),
  },
  initialization,
  training,
  logits(tokens, sizes) {
    const x = embed(tokens, sizes); // (B, T, C)
    const past = withPast('x', x); // (B, S, C)
    const visible = causalMask(past, 1); // (T, S)
    const weights = sizes.average === 'matmul' ? weightsByMatMul(visible) : weightsBySoftmax(visible); // (T, S), rows sum to 1
    const ofHead = unsqueeze(weights, weights.rank === 2 ? [0, 1] : [1]); // (1, 1, T, S), or (B, 1, T, S)
    showAttention(expand(ofHead, vector([dimensionOf(x, 0), 1, dimensionOf(x, 1), dimensionOf(past, 1)]))); // (B, 1, T, S)
    return languageHead(matMul(weights, past), sizes); // (T, S) × (B, S, C) → (B, T, C) → (B, T, V)
  },
});

/** The lower triangle, each row divided by its sum. @param visible (…, T, S), ones and zeros @returns (…, T, S) */
export function weightsByMatMul(visible: Value): Value {
  return div(visible, reduceSum(visible, { axes: [-1], keepDims: true }));
}

/** Zeros, the future set to −∞, and softmax: the same rows. @param visible (…, T, S), ones and zeros @returns (…, T, S) */
export function weightsBySoftmax(visible: Value): Value {
  const zeros = expand(constant(0), dimensionsOf(visible)); // (T, S)
  return softmax(where(equal(visible, 0), -Infinity, zeros), { axis: -1 }); // (T, S)
}
