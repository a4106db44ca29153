import {
  add,
  equal,
  gelu,
  geluByTanh,
  matMul,
  mul,
  relu,
  reshape,
  scope,
  softmax,
  split,
  transpose,
  type Value,
  where,
} from '../src/graph/index.ts';
import { causalMask, embed, embedding, layerNorm, linear, outputTable, width } from './layers.ts';
import { type AttentionInputs, type Context, type Model, type ModelConfig, plainContext } from './model.ts';

/**
 * The whole transformer, with GPT-2's names and layouts (Radford et al. 2019), all heads of a layer in one product.
 * gpt-nano and gpt differ in size only.
 */
export function gpt(config: ModelConfig): Model {
  const { vocabularySize, blockSize, embedding: C, layers, bias, dropout, tied, initialization } = config;
  return {
    config,
    logits(tokens: Value, context: Context = plainContext): Value {
      const { last, wte } = scope('transformer', () => {
        const wte = embedding('wte', vocabularySize, C, initialization); // (V, C)
        const wpe = embedding('wpe', blockSize, C, initialization); // (block, C)
        let x = context.dropout(embed(tokens, wte, wpe, context), dropout); // (B, T, C)
        for (let layer = 0; layer < layers; layer++) {
          // The last layer's keys and values are all that is needed of the other tokens.
          const asked = layer === layers - 1 ? context.last : plainContext.last;
          scope(`h.${layer}`, () => {
            const mixed = attention(layerNorm('ln_1', x, { bias }), layer, config, { ...context, last: asked });
            x = add(asked(x, 1), mixed); // (B, T, C)
            x = add(x, multilayerPerceptron(layerNorm('ln_2', x, { bias }), config, context)); // (B, T, C)
          });
        }
        return { last: layerNorm('ln_f', x, { bias }), wte }; // (B, T, C)
      });
      const output = tied ? wte : outputTable('lm_head', vocabularySize, C, initialization); // (V, C)
      return matMul(last, transpose(output)); // (B, T, V)
    },
  };
}

/** Multi-head causal self-attention. @param x (B, T, C) @returns (B, T, C) */
function attention(x: Value, layer: number, config: ModelConfig, context: Context): Value {
  const { heads, blockSize, dropout, bias, initialization } = config;
  const C = width(x);
  const D = C / heads;
  return scope('attn', () => {
    const [query, key, value] = split(linear('c_attn', x, 3 * C, { bias, initialization }), [C, C, C], {
      axis: -1,
    }).map((part) => transpose(reshape(part, [...part.shape.slice(0, 2), heads, D]), [0, 2, 1, 3])) as [
      Value,
      Value,
      Value,
    ]; // each (B, H, T, D)
    const asking = context.last(query, 2); // (B, H, T, D)
    const inputs: AttentionInputs = { label: `${layer}`, query: asking, key, value, scale: D ** -0.5, blockSize };
    const mixed = context.attention?.(inputs) ?? maskedAttention(x, inputs, dropout, context); // (B, H, T, D)
    const joined = reshape(transpose(mixed, [0, 2, 1, 3]), context.last(x, 1).shape); // (B, T, C)
    return context.dropout(
      linear('c_proj', joined, C, { bias, initialization, gain: projectionGain(config) }),
      dropout,
    ); // (B, T, C)
  });
}

/** Each token looks at itself and what came before it: Trilu, Where, Softmax. @param x (B, T, C) @returns (B, H, T, D) */
function maskedAttention(x: Value, inputs: AttentionInputs, dropout: number, context: Context): Value {
  const { label, query, key, value, scale, blockSize } = inputs;
  const keys = context.remember(`${label}.key`, key, 2); // (B, H, S, D)
  const values = context.remember(`${label}.value`, value, 2); // (B, H, S, D)
  const scores = context.tap(`scores.${label}`, mul(matMul(query, transpose(keys, [0, 1, 3, 2])), scale)); // (B, H, T, S)
  const visible = context.last(causalMask(x, keys, 2, blockSize, context), -2); // (T, S)
  const masked = where(equal(visible, 0), -Infinity, scores); // the future gets −∞
  const weights = context.tap(`attention.${label}`, softmax(masked, { axis: -1 })); // (B, H, T, S), rows sum to 1
  return matMul(context.dropout(weights, dropout), values); // (B, H, T, D)
}

/** Four times wider inside. @param x (B, T, C) @returns (B, T, C) */
function multilayerPerceptron(x: Value, config: ModelConfig, context: Context): Value {
  const { bias, dropout, activation, initialization } = config;
  const C = width(x);
  return scope('mlp', () => {
    const inner = linear('c_fc', x, 4 * C, { bias, initialization }); // (B, T, 4C)
    const active = activations[activation](inner); // (B, T, 4C)
    const outer = linear('c_proj', active, C, { bias, initialization, gain: projectionGain(config) }); // (B, T, C)
    return context.dropout(outer, dropout); // (B, T, C)
  });
}

const activations: { readonly [Name in ModelConfig['activation']]: (x: Value) => Value } = {
  gelu,
  gelu_new: geluByTanh,
  relu,
};

/** What adds to the residual stream starts smaller, the more layers add to it (GPT-2, section 2.3). PyTorch's modules know nothing of it. */
function projectionGain({ initialization, layers }: ModelConfig): number {
  return initialization === 'torch' ? 1 : 1 / Math.sqrt(2 * layers);
}
