import {
  exp,
  gatherElements,
  log,
  reduceMax,
  reduceMean,
  reduceSum,
  scope,
  squeeze,
  stopGradient,
  sub,
  unsqueeze,
  type Value,
} from '../graph/index.ts';

/**
 * The mean cross-entropy in nats: −log of the probability that softmax gives to the right character, averaged over all positions.
 * Made of ReduceMax, Exp, ReduceSum and Log, since LogSoftmax leaves the GPU.
 * @param logits float32 (…, V)
 * @param targets int32 (…), each from 0 to V − 1
 * @returns float32 scalar
 */
export function crossEntropy(logits: Value, targets: Value): Value {
  return scope('cross_entropy', () => meanOf(logits, targets));
}

function meanOf(logits: Value, targets: Value): Value {
  const largest = stopGradient(reduceMax(logits, { axes: [-1], keepDims: true })); // (…, 1)
  const shifted = sub(logits, largest); // (…, V): the largest is 0, so exp stays finite
  const total = log(reduceSum(exp(shifted), { axes: [-1] })); // (…)
  const right = squeeze(gatherElements(shifted, unsqueeze(targets, [-1]), { axis: -1 }), [-1]); // (…)
  return reduceMean(sub(total, right));
}
