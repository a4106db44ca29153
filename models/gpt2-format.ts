import * as v from 'valibot';
import { UserError } from '../src/errors.ts';
import type { ForeignConfig, HuggingFaceFormat } from '../src/model/index.ts';

/** Names that Hugging Face's libraries have for one form of GELU or another; all of a row are the same function. */
const activations: Readonly<Record<string, string>> = {
  gelu: 'gelu',
  gelu_new: 'gelu_new',
  gelu_fast: 'gelu_new',
  gelu_pytorch_tanh: 'gelu_new',
  relu: 'relu',
};

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const rate = v.optional(v.number(), 0.1);
/** What GPT-2's own configuration class takes where a key is not there. */
const schema = v.object({
  vocab_size: size,
  n_positions: size,
  n_embd: size,
  n_layer: size,
  n_head: size,
  activation_function: v.optional(v.string(), 'gelu_new'),
  tie_word_embeddings: v.optional(v.boolean(), true),
  resid_pdrop: rate,
  embd_pdrop: rate,
  attn_pdrop: rate,
});

/** Other names that GPT-2's configuration may have its sizes under. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  n_positions: ['n_ctx', 'max_position_embeddings'],
  n_embd: ['hidden_size'],
  n_layer: ['num_hidden_layers'],
  n_head: ['num_attention_heads'],
};

/** What GPT-2's keys may ask for that our GPT does not compute, as the values that it does compute. */
const computed: Readonly<Record<string, unknown>> = {
  layer_norm_epsilon: 1e-5,
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  reorder_and_upcast_attn: false,
  add_cross_attention: false,
};

/** GPT-2 as Hugging Face's tools know it. It always has biases: a model without them stores zeros there. */
export const gpt2Format: HuggingFaceFormat = {
  modelType: 'gpt2',
  architectures: ['GPT2LMHeadModel'],
  keys: ({ block, dropout }) => ({
    n_ctx: block,
    n_inner: null,
    embd_pdrop: dropout,
    attn_pdrop: dropout,
    layer_norm_epsilon: 1e-5,
    initializer_range: 0.02,
    scale_attn_weights: true,
  }),
  differs(json) {
    const width = Number(json.n_embd ?? json.hidden_size);
    const inner = json.n_inner ?? 4 * width;
    if (inner !== 4 * width) return `n_inner: is ${inner}, and only 4 · n_embd (${4 * width}) is known here`;
    const key = Object.keys(computed).find((name) => json[name] !== undefined && json[name] !== computed[name]);
    return key === undefined
      ? undefined
      : `${key}: is ${JSON.stringify(json[key])}, and only ${computed[key]} is known here`;
  },
  read,
  parameterName({ name: stored, shape }, { block }) {
    const name = stored.replace(/^transformer\./, '');
    // Older files hold each layer's causal mask too, which is no weight.
    if (/^h\.\d+\.attn\.masked_bias$/.test(name)) return undefined;
    if (/^h\.\d+\.attn\.bias$/.test(name)) {
      if (String(shape) === String([1, 1, block, block])) return undefined;
      throw new UserError(
        `${stored} is a mask of shape [${shape.join(', ')}], but the configuration has ${block} positions.`,
      );
    }
    return name === 'lm_head.weight' ? name : `transformer.${name}`;
  },
  *zeros({ bias, layers, embedding }) {
    if (bias === true) return;
    const C = Number(embedding);
    for (let layer = 0; layer < Number(layers); layer++) {
      const block = `transformer.h.${layer}`;
      yield [`${block}.ln_1.bias`, C];
      yield [`${block}.attn.c_attn.bias`, 3 * C];
      yield [`${block}.attn.c_proj.bias`, C];
      yield [`${block}.ln_2.bias`, C];
      yield [`${block}.mlp.c_fc.bias`, 4 * C];
      yield [`${block}.mlp.c_proj.bias`, C];
    }
    yield ['transformer.ln_f.bias', C];
  },
  withoutZeros: (settings) => ({ ...settings, bias: false }),
  tied: ({ tied }) => (tied === true ? { name: 'lm_head.weight', to: 'transformer.wte.weight' } : undefined),
};

function read(json: Readonly<Record<string, unknown>>, source: string): ForeignConfig {
  const parsed = v.safeParse(schema, withOwnNames(json));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UserError(`${source} is no configuration of a GPT-2: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}.`);
  }
  const { output: given } = parsed;
  const name = given.activation_function;
  const activation = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (activation === undefined) {
    throw new UserError(
      `${source} can't be imported: its activation_function is ${JSON.stringify(name)}, and those known here are ${Object.keys(activations).join(', ')}.`,
    );
  }
  const dropout = given.resid_pdrop;
  const isOneRate = [given.embd_pdrop, given.attn_pdrop].every((other) => other === dropout);
  return {
    settings: {
      vocabulary: given.vocab_size,
      block: given.n_positions,
      embedding: given.n_embd,
      layers: given.n_layer,
      heads: given.n_head,
      dropout,
      bias: true,
      activation,
      tied: given.tie_word_embeddings,
      initialization: 'gpt2',
    },
    notes: isOneRate
      ? []
      : [`The dropout rates of ${source} differ; a training here drops ${dropout} everywhere (resid_pdrop).`],
  };
}

function withOwnNames(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const found = Object.entries(otherNames).flatMap(([own, others]) => {
    const name = [own, ...others].find((candidate) => given[candidate] !== undefined);
    return name === undefined ? [] : [[own, given[name]] as const];
  });
  return { ...given, ...Object.fromEntries(found) };
}
