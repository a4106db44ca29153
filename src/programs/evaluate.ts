import type { Model } from '../../models/model.ts';
import { build, input } from '../graph/index.ts';
import { crossEntropy } from '../train/cross-entropy.ts';
import type { Program } from './program.ts';

/** tokens and targets int32 (batch, time) → loss float32 scalar: the mean cross-entropy in nats. */
export function evaluateProgram(model: Model): Program {
  const tokens = input('tokens', 'int32', ['batch', 'time']);
  const targets = input('targets', 'int32', ['batch', 'time']);
  const loss = crossEntropy(model.logits(tokens), targets);
  const graph = build({ name: `${model.config.model} evaluate`, inputs: { tokens, targets }, outputs: { loss } });
  return { name: 'evaluate', config: model.config, graph, state: [] };
}
