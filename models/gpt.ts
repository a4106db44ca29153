import {
  add,
  gather,
  gelu,
  geluByTanh,
  matMul,
  relu,
  reshape,
  scope,
  scoped,
  split,
  transpose,
  type Value,
} from '../src/graph/index.ts';
import {
  causalAttention,
  defineModel,
  dropout,
  embedding,
  type Initialization,
  layerNorm,
  linear,
  positions,
  width,
} from '../src/model/index.ts';
import { choice, type SettingsOf, toggle, withDefaults } from '../src/settings/setting.ts';
import { gpt2Format } from './gpt2-format.ts';
import { beginnings, checkHeads, settings as lecture, normalization } from './lecture.ts';

const { attentionScale: _byTheHead, ...sizes } = lecture;

const settings = {
  ...withDefaults(sizes, { block: 256, embedding: 384, layers: 6, heads: 6, dropout: 0.2 }),
  bias: toggle({ default: false, description: 'biases in the GPT stages', off: 'no biases there' }),
  tied: toggle({
    default: true,
    description: 'the token embedding as output layer in the GPT stages',
    off: 'an output layer of its own there',
    key: 'tie_word_embeddings',
  }),
  activation: choice(['gelu', 'gelu_new', 'relu'], {
    default: 'gelu',
    description: "the GPT stages' activation; gelu_new is GPT-2's own, by tanh",
    key: 'activation_function',
  }),
};

type Settings = SettingsOf<typeof settings> & { readonly vocabulary: number };

const activations = { gelu, gelu_new: geluByTanh, relu };

/** The whole transformer, with GPT-2's names and layouts (Radford et al. 2019), all heads of a layer in one product. */
function logits(tokens: Value, sizes: Settings): Value {
  const { vocabulary, block, embedding: C, layers, bias, tied } = sizes;
  const { last, wte } = scope('transformer', () => {
    const wte = embedding('wte', vocabulary, C); // (V, C)
    const wpe = embedding('wpe', block, C); // (block, C)
    let x = dropout(add(gather(wte, tokens), positions(wpe)), sizes.dropout); // (B, T, C)
    for (let layer = 0; layer < layers; layer++) x = scoped(`h.${layer}`, transformerBlock, x, sizes); // (B, T, C)
    return { last: layerNorm('ln_f', x, { bias }), wte }; // (B, T, C)
  });
  const output = tied ? wte : embedding('lm_head', vocabulary, C); // (V, C)
  return matMul(last, transpose(output)); // (B, T, V)
}

/** Attention, then thinking; each adds to what came in. @param x (B, T, C) @returns (B, T, C) */
function transformerBlock(x: Value, sizes: Settings): Value {
  const { bias } = sizes;
  const heard = add(x, scoped('attn', selfAttention, layerNorm('ln_1', x, { bias }), sizes)); // (B, T, C)
  return add(heard, scoped('mlp', feedForward, layerNorm('ln_2', heard, { bias }), sizes)); // (B, T, C)
}

/** Multi-head causal self-attention. @param x (B, T, C) @returns (B, T, C) */
function selfAttention(x: Value, { heads, bias, dropout: rate }: Settings): Value {
  const C = width(x);
  const [query, key, value] = split(linear('c_attn', x, 3 * C, { bias }), [C, C, C], { axis: -1 }).map((part) =>
    transpose(reshape(part, [...part.shape.slice(0, 2), heads, C / heads]), [0, 2, 1, 3]),
  ) as [Value, Value, Value]; // each (B, H, T, D)
  const mixed = causalAttention(query, key, value, { dropout: rate }); // (B, H, T, D)
  const joined = reshape(transpose(mixed, [0, 2, 1, 3]), x.shape); // (B, T, C)
  return dropout(linear('c_proj', joined, C, { bias }), rate); // (B, T, C)
}

/** Four times wider inside. @param x (B, T, C) @returns (B, T, C) */
function feedForward(x: Value, { activation, bias, dropout: rate }: Settings): Value {
  const inner = activations[activation](linear('c_fc', x, 4 * width(x), { bias })); // (B, T, 4C)
  return dropout(linear('c_proj', inner, width(x), { bias }), rate); // (B, T, C)
}

/** What adds to the residual stream starts smaller, the more layers add to it (GPT-2, section 2.3); PyTorch's modules don't. */
function initialization({ initialization: kind, layers }: Settings): Initialization {
  const { table, output, matrix, bias } = beginnings[kind];
  return {
    ...normalization,
    '*.wte.weight': table,
    '*.wpe.weight': table,
    'lm_head.weight': output,
    '*.bias': bias,
    '*.c_proj.weight': matrix(1 / Math.sqrt(2 * layers)),
    '*': matrix(),
  };
}

/** The lecture's full size: 6 layers, 6 heads, 384 wide, block 256. */
export const gpt = defineModel({
  name: 'gpt',
  description: 'the lecture’s full size: hours without a GPU',
  settings,
  check: checkHeads,
  initialization,
  training: { steps: 5000, batch: 64 },
  huggingFace: gpt2Format,
  logits,
});

/** The same, small: 4 layers, 4 heads, 128 wide, block 64. */
export const gptNano = defineModel({
  name: 'gpt-nano',
  description: 'GPT-2’s layout, small: minutes on a CPU',
  settings: withDefaults(settings, { block: 64, embedding: 128, layers: 4, heads: 4, dropout: 0 }),
  check: checkHeads,
  initialization,
  huggingFace: gpt2Format,
  logits,
});
