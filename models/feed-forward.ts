import { relu, scope, type Value } from '../src/graph/index.ts';
import { embed, embedding, linear, width } from './layers.ts';
import { type Context, type Model, type ModelConfig, plainContext } from './model.ts';
import { multiHeadAttention } from './multi-head.ts';

/** A little thinking for each position on its own, after it has listened. @param x (B, T, C) @returns (B, T, C) */
export function feedForwardLayer(x: Value, { initialization }: ModelConfig): Value {
  return relu(linear('net.0', x, width(x), { initialization })); // (B, T, C)
}

/** Attention to gather, then a feed-forward layer to digest. */
export function feedForward(config: ModelConfig): Model {
  const { vocabularySize, blockSize, initialization, embedding: C } = config;
  return {
    config,
    logits(tokens: Value, context: Context = plainContext): Value {
      const tokenTable = embedding('token_embedding_table', vocabularySize, C, initialization); // (V, C)
      const positionTable = embedding('position_embedding_table', blockSize, C, initialization); // (block, C)
      const x = embed(tokens, tokenTable, positionTable, context); // (B, T, C)
      const attended = scope('sa_heads', () => multiHeadAttention(x, 0, config, context)); // (B, T, C)
      const thought = scope('ffwd', () => feedForwardLayer(attended, config)); // (B, T, C)
      return linear('lm_head', thought, vocabularySize, { initialization }); // (B, T, V)
    },
  };
}
