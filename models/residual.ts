import { add, relu, scope, type Value } from '../src/graph/index.ts';
import { embed, embedding, linear, width } from './layers.ts';
import { type Context, type Model, type ModelConfig, plainContext } from './model.ts';
import { multiHeadAttention } from './multi-head.ts';

/** Heads and the projection back into the residual stream. @param x (B, T, C) @returns (B, T, C) */
export function projectedAttention(x: Value, layer: number, config: ModelConfig, context: Context): Value {
  const { dropout, initialization } = config;
  return scope('sa', () => {
    const attended = multiHeadAttention(x, layer, config, context); // (B, T, C)
    return context.dropout(linear('proj', attended, width(x), { initialization }), dropout); // (B, T, C)
  });
}

/** Four times wider inside, as in "Attention Is All You Need". @param x (B, T, C) @returns (B, T, C) */
export function wideFeedForward(x: Value, { dropout, initialization }: ModelConfig, context: Context): Value {
  return scope('ffwd', () => {
    const inner = relu(linear('net.0', x, 4 * width(x), { initialization })); // (B, T, 4C)
    return context.dropout(linear('net.2', inner, width(x), { initialization }), dropout); // (B, T, C)
  });
}

/** Blocks of communication and computation; each adds to what came in, so that gradients reach the first layer unhindered. */
export function residual(config: ModelConfig): Model {
  const { vocabularySize, blockSize, initialization, embedding: C, layers } = config;
  return {
    config,
    logits(tokens: Value, context: Context = plainContext): Value {
      const tokenTable = embedding('token_embedding_table', vocabularySize, C, initialization); // (V, C)
      const positionTable = embedding('position_embedding_table', blockSize, C, initialization); // (block, C)
      let x = embed(tokens, tokenTable, positionTable, context); // (B, T, C)
      for (let layer = 0; layer < layers; layer++) {
        scope(`blocks.${layer}`, () => {
          x = add(x, projectedAttention(x, layer, config, context)); // (B, T, C)
          x = add(x, wideFeedForward(x, config, context)); // (B, T, C)
        });
      }
      return linear('lm_head', x, vocabularySize, { initialization }); // (B, T, V)
    },
  };
}
