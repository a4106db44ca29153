import { concat, scope, type Value } from '../src/graph/index.ts';
import { attentionHead, tapHeads } from './head.ts';
import { embed, embedding, linear } from './layers.ts';
import { type Context, type Model, type ModelConfig, plainContext } from './model.ts';

/** Several narrow heads side by side, each with its own question. @param x (B, T, C) @returns (B, T, C) */
export function multiHeadAttention(x: Value, layer: number, config: ModelConfig, context: Context): Value {
  const { heads } = config;
  const size = Number(x.shape.at(-1)) / heads;
  const attended = Array.from({ length: heads }, (_, head) =>
    scope(`heads.${head}`, () => attentionHead(x, { label: `${layer}.${head}`, size }, config, context)),
  );
  tapHeads(layer, attended, context);
  const mixed = attended.map((head) => head.mixed); // each (B, T, C / H)
  return concat(mixed, { axis: -1 }); // (B, T, C)
}

/** Self-attention with several heads, their answers laid side by side. */
export function multiHead(config: ModelConfig): Model {
  const { vocabularySize, blockSize, initialization, embedding: C } = config;
  return {
    config,
    logits(tokens: Value, context: Context = plainContext): Value {
      const tokenTable = embedding('token_embedding_table', vocabularySize, C, initialization); // (V, C)
      const positionTable = embedding('position_embedding_table', blockSize, C, initialization); // (block, C)
      const x = embed(tokens, tokenTable, positionTable, context); // (B, T, C)
      const attended = scope('sa_heads', () => multiHeadAttention(x, 0, config, context)); // (B, T, C)
      return linear('lm_head', attended, vocabularySize, { initialization }); // (B, T, V)
    },
  };
}
