import { add, scope, type Value } from '../src/graph/index.ts';
import { embed, embedding, layerNorm, linear } from './layers.ts';
import { type Context, type Model, type ModelConfig, plainContext } from './model.ts';
import { projectedAttention, wideFeedForward } from './residual.ts';

/** The residual stage with each layer's input normalised first (pre-norm), and once more before the output. */
export function layerNormStage(config: ModelConfig): Model {
  const { vocabularySize, blockSize, initialization, embedding: C, layers } = config;
  return {
    config,
    logits(tokens: Value, context: Context = plainContext): Value {
      const tokenTable = embedding('token_embedding_table', vocabularySize, C, initialization); // (V, C)
      const positionTable = embedding('position_embedding_table', blockSize, C, initialization); // (block, C)
      let x = embed(tokens, tokenTable, positionTable, context); // (B, T, C)
      for (let layer = 0; layer < layers; layer++) {
        scope(`blocks.${layer}`, () => {
          x = add(x, projectedAttention(layerNorm('ln1', x), layer, config, context)); // (B, T, C)
          x = add(x, wideFeedForward(layerNorm('ln2', x), config, context)); // (B, T, C)
        });
      }
      return linear('lm_head', layerNorm('ln_f', x), vocabularySize, { initialization }); // (B, T, V)
    },
  };
}
