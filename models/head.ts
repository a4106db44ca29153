import {
  concat,
  equal,
  matMul,
  mul,
  scope,
  softmax,
  squeeze,
  transpose,
  unsqueeze,
  type Value,
  where,
} from '../src/graph/index.ts';
import { causalMask, embed, embedding, linear, scoreScale } from './layers.ts';
import { type Context, type Model, type ModelConfig, plainContext } from './model.ts';

export interface HeadOptions {
  /** What the head's cache is called. */
  readonly label: string;
  /** The width of key, query and value. */
  readonly size: number;
}

/** One causal self-attention head. @param x (B, T, C) @returns the mixed values (B, T, size), and the scores and weights (B, T, S) unless fused */
export function attentionHead(
  x: Value,
  { label, size }: HeadOptions,
  config: ModelConfig,
  context: Context,
): { mixed: Value; weights?: Value; scores?: Value } {
  const { blockSize, dropout, initialization } = config;
  const key = linear('key', x, size, { bias: false, initialization }); // (B, T, size)
  const query = linear('query', x, size, { bias: false, initialization }); // (B, T, size)
  const value = linear('value', x, size, { bias: false, initialization }); // (B, T, size)
  const scale = scoreScale(size, config);
  if (context.attention !== undefined) {
    const [q, k, v] = [unsqueeze(query, [1]), unsqueeze(key, [1]), unsqueeze(value, [1])]; // (B, 1, T, size)
    return { mixed: squeeze(context.attention({ label, query: q, key: k, value: v, scale, blockSize }), [1]) };
  }
  const keys = context.remember(`${label}.key`, key, 1); // (B, S, size)
  const values = context.remember(`${label}.value`, value, 1); // (B, S, size)
  const scores = mul(matMul(query, transpose(keys, [0, 2, 1])), scale); // (B, T, S)
  const visible = causalMask(x, keys, 1, blockSize, context); // (T, S)
  const masked = where(equal(visible, 0), -Infinity, scores); // the future gets −∞
  const weights = softmax(masked, { axis: -1 }); // (B, T, S), rows sum to 1
  return { mixed: matMul(context.dropout(weights, dropout), values), weights, scores };
}

/** Self-attention: each position asks (query) and its past answers (key, value). One head as wide as the embedding. */
export function head(config: ModelConfig): Model {
  const { vocabularySize, blockSize, initialization, embedding: C } = config;
  return {
    config,
    logits(tokens: Value, context: Context = plainContext): Value {
      const tokenTable = embedding('token_embedding_table', vocabularySize, C, initialization); // (V, C)
      const positionTable = embedding('position_embedding_table', blockSize, C, initialization); // (block, C)
      const x = embed(tokens, tokenTable, positionTable, context); // (B, T, C)
      const { mixed, ...seen } = scope('sa_head', () => attentionHead(x, { label: '0.0', size: C }, config, context));
      tapHeads(0, [seen], context);
      return linear('lm_head', mixed, vocabularySize, { initialization }); // (B, T, C) → (B, T, V)
    },
  };
}

/** Shows what the heads of a layer hold of each other's places: `scores.{layer}` before the mask, `attention.{layer}` after the softmax, (B, H, T, S) each. */
export function tapHeads(
  layer: number,
  heads: readonly { readonly weights?: Value; readonly scores?: Value }[],
  context: Context,
): void {
  const joined = (values: readonly (Value | undefined)[]): Value | undefined => {
    const each = values.flatMap((value) => (value === undefined ? [] : unsqueeze(value, [1]))); // (B, 1, T, S)
    return each.length === 0 ? undefined : concat(each, { axis: 1 });
  };
  const scores = joined(heads.map((head) => head.scores));
  const weights = joined(heads.map((head) => head.weights));
  if (scores !== undefined) context.tap(`scores.${layer}`, scores);
  if (weights !== undefined) context.tap(`attention.${layer}`, weights);
}
