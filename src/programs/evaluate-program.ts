import { type ConfiguredModel, plainProgram } from '../model/index.ts';
import { crossEntropy } from '../train/cross-entropy.ts';
import { attentionForm } from './attention-forms.ts';
import type { Program } from './program.ts';
import { programGraph } from './program-graph.ts';
import { type FormOptions, tokensInput } from './program-options.ts';

/** tokens and targets int32 (batch, time) → loss float32 scalar: the mean cross-entropy in nats. */
export function evaluateProgram(model: ConfiguredModel, { sizes, attention = 'trilu' }: FormOptions = {}): Program {
  const tokens = tokensInput('tokens', sizes);
  const targets = tokensInput('targets', sizes);
  const logits = model.logits(tokens, { ...plainProgram, ...attentionForm(attention, tokens) });
  const loss = crossEntropy(logits, targets);
  const graph = programGraph({ name: `${model.name} evaluate`, inputs: { tokens, targets }, outputs: { loss } });
  return { name: 'evaluate', model, graph, state: [] };
}
