import { type DropoutSource, seededDropout, type Value } from '../graph/index.ts';
import { type ConfiguredModel, plainProgram } from '../model/index.ts';

/**
 * A model's logits in training: every dropout drops, each of the model's sites by masks of its own.
 * @param tokens int32 (B, T)
 * @returns float32 (B, T, V)
 */
export function logitsWithDropout(model: ConfiguredModel, tokens: Value, source: DropoutSource): Value {
  let site = 0;
  return model.logits(tokens, {
    ...plainProgram,
    dropout: (x, rate) => seededDropout(x, { rate, source, site: site++ }),
  });
}
