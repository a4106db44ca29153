import { type Model, plainContext } from '../../models/model.ts';
import { type DropoutSource, dropout, type Value } from '../graph/index.ts';

/**
 * A model's logits in training: every dropout drops, each of the model's sites by masks of its own.
 * @param tokens int32 (B, T)
 * @returns float32 (B, T, V)
 */
export function logitsWithDropout(model: Model, tokens: Value, source: DropoutSource): Value {
  let site = 0;
  return model.logits(tokens, { ...plainContext, dropout: (x, rate) => dropout(x, { rate, source, site: site++ }) });
}
