import { type Model, plainContext } from '../../models/model.ts';
import { build } from '../graph/index.ts';
import { crossEntropy } from '../train/cross-entropy.ts';
import { attentionContext } from './attention-forms.ts';
import { type FormOptions, tokensInput } from './options.ts';
import type { Program } from './program.ts';

/** tokens and targets int32 (batch, time) → loss float32 scalar: the mean cross-entropy in nats. */
export function evaluateProgram(model: Model, { sizes, attention = 'trilu' }: FormOptions = {}): Program {
  const tokens = tokensInput('tokens', sizes);
  const targets = tokensInput('targets', sizes);
  const logits = model.logits(tokens, { ...plainContext, ...attentionContext(attention, tokens) });
  const loss = crossEntropy(logits, targets);
  const graph = build({ name: `${model.config.model} evaluate`, inputs: { tokens, targets }, outputs: { loss } });
  return { name: 'evaluate', config: model.config, graph, state: [] };
}
