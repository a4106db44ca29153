import { gather, type Value } from '../src/graph/index.ts';
import { embedding } from './layers.ts';
import type { Model, ModelConfig } from './model.ts';

/** The smallest language model: each character looks up, in one table, the scores of what follows it. It sees nothing else. */
export function bigram(config: ModelConfig): Model {
  const { vocabularySize, initialization } = config;
  return {
    config,
    logits(tokens: Value): Value {
      const table = embedding('token_embedding_table', vocabularySize, vocabularySize, initialization); // (V, V)
      return gather(table, tokens); // (B, T, V)
    },
  };
}
