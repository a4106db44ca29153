import type { ConfiguredModel } from '../../src/model/index.ts';
import type { Weights } from '../../src/programs/parameters.ts';
import { gptSettings } from '../common/models.ts';
import { encodeGguf, type GgufTensor } from './gguf.ts';

/** What llama.cpp calls GPT-2's layers; each has a weight and a bias. */
const layerNames: Readonly<Record<string, string>> = {
  ln_1: 'attn_norm',
  'attn.c_attn': 'attn_qkv',
  'attn.c_proj': 'attn_output',
  ln_2: 'ffn_norm',
  'mlp.c_fc': 'ffn_up',
  'mlp.c_proj': 'ffn_down',
};

/**
 * A GPT as llama.cpp reads it, in float32: the same numbers, with biases of zeros where the model has none, because its GPT-2
 * must have them. Its GELU is the one by tanh, so that its scores differ from an exact GELU's in the third digit or so.
 */
export function gptAsGguf(model: ConfiguredModel, weights: Weights): Uint8Array {
  const { vocabulary, block, embedding, layers, heads, tied } = gptSettings(model);
  const take = (name: string): Float32Array => {
    const data = weights.get(name);
    if (data === undefined) throw new TypeError(`there is no weight ${name}`);
    return data;
  };
  const table = (name: string, theirs: string, rows: number): GgufTensor => ({
    name: theirs,
    shape: [rows, embedding],
    data: take(name),
  });
  /** A layer's weight and bias; a matrix turned to (out, in), as they keep it. */
  const layer = (name: string, theirs: string): GgufTensor[] => {
    const weight = take(`${name}.weight`);
    const isMatrix = name.includes('.c_');
    const inputs = name.endsWith('mlp.c_proj') ? 4 * embedding : embedding;
    const outputs = isMatrix ? weight.length / inputs : embedding;
    const bias = weights.get(`${name}.bias`) ?? new Float32Array(outputs);
    return [
      isMatrix
        ? { name: `${theirs}.weight`, shape: [outputs, inputs], data: turned(weight, inputs, outputs) }
        : { name: `${theirs}.weight`, shape: [outputs], data: weight },
      { name: `${theirs}.bias`, shape: [outputs], data: bias },
    ];
  };
  const tokens = Array.from({ length: vocabulary }, (_, id) => `t${id}`);
  return encodeGguf({
    metadata: {
      'general.architecture': { type: 'string', value: 'gpt2' },
      'general.name': { type: 'string', value: model.name },
      'general.file_type': { type: 'uint32', value: 0 },
      'gpt2.context_length': { type: 'uint32', value: block },
      'gpt2.embedding_length': { type: 'uint32', value: embedding },
      'gpt2.feed_forward_length': { type: 'uint32', value: 4 * embedding },
      'gpt2.block_count': { type: 'uint32', value: layers },
      'gpt2.attention.head_count': { type: 'uint32', value: heads },
      'gpt2.attention.layer_norm_epsilon': { type: 'float32', value: 1e-5 },
      'gpt2.vocab_size': { type: 'uint32', value: vocabulary },
      // Only ids go in and out, but a vocabulary there must be.
      'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
      'tokenizer.ggml.tokens': { type: 'strings', value: tokens },
      'tokenizer.ggml.merges': { type: 'strings', value: ['t0 t1'] },
    },
    tensors: [
      table('transformer.wte.weight', 'token_embd.weight', vocabulary),
      table('transformer.wpe.weight', 'position_embd.weight', block),
      ...Array.from({ length: layers }, (_, index) =>
        Object.entries(layerNames).flatMap(([ours, theirs]) =>
          layer(`transformer.h.${index}.${ours}`, `blk.${index}.${theirs}`),
        ),
      ).flat(),
      ...layer('transformer.ln_f', 'output_norm'),
      ...(tied ? [] : [table('lm_head.weight', 'output.weight', vocabulary)]),
    ],
  });
}

/** (in, out) as (out, in). */
function turned(weight: Float32Array, inputs: number, outputs: number): Float32Array {
  const result = new Float32Array(weight.length);
  for (let row = 0; row < inputs; row++) {
    for (let column = 0; column < outputs; column++) {
      result[column * inputs + row] = weight[row * outputs + column] ?? 0;
    }
  }
  return result;
}
