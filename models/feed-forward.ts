import { relu, scope, type Value } from '../src/graph/index.ts';
import { embed, embedding, linear, width } from './layers.ts';
import { type Context, type Model, type ModelConfig, plainContext } from './model.ts';
import { multiHeadAttention } from './multi-head.ts';

/** A little thinking for each position on its own, after it has listened. @param x (B, T, C) @returns (B, T, C) */
export function feedForwardLayer(x: Value): Value {
  return relu(linear('net.0', x, width(x))); // (B, T, C)
}

/** Attention to gather, then a feed-forward layer to digest. */
export function feedForward(config: ModelConfig): Model {
  const { vocabularySize, blockSize, embedding: C, heads, dropout } = config;
  return {
    config,
    logits(tokens: Value, context: Context = plainContext): Value {
      const tokenTable = embedding('token_embedding_table', vocabularySize, C); // (V, C)
      const positionTable = embedding('position_embedding_table', blockSize, C); // (block, C)
      const x = embed(tokens, tokenTable, positionTable, context); // (B, T, C)
      const attended = scope('sa_heads', () => multiHeadAttention(x, { layer: 0, heads, blockSize, dropout }, context)); // (B, T, C)
      const thought = scope('ffwd', () => feedForwardLayer(attended)); // (B, T, C)
      return linear('lm_head', thought, vocabularySize); // (B, T, V)
    },
  };
}
