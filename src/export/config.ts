import * as v from 'valibot';
import { type ModelConfig, modelConfig } from '../../models/index.ts';
import { UserError } from '../errors.ts';

/**
 * A model's configuration as `config.json` and `trilu.config` have it: GPT-2's keys where Hugging Face has a word for the thing, and
 * what these can't say under `trilu`. The GPT stages are of model_type gpt2; the earlier ones are of a type of our own.
 */
const schema = v.object({
  model_type: v.string(),
  vocab_size: v.pipe(v.number(), v.integer()),
  n_positions: v.pipe(v.number(), v.integer()),
  n_embd: v.pipe(v.number(), v.integer()),
  n_layer: v.pipe(v.number(), v.integer()),
  n_head: v.pipe(v.number(), v.integer()),
  resid_pdrop: v.number(),
  activation_function: v.picklist(['gelu', 'gelu_new', 'relu']),
  tie_word_embeddings: v.boolean(),
  trilu: v.object({
    version: v.literal(1, 'is of another version of trilu'),
    model: v.string(),
    bias: v.boolean(),
    initialization: v.picklist(['scaled', 'gpt2', 'torch']),
    attention_scale: v.optional(v.picklist(['head', 'embedding']), 'head'),
    average: v.picklist(['softmax', 'matmul']),
  }),
});

const isGpt = (model: string): boolean => model.startsWith('gpt');

/** The configuration as Hugging Face's `config.json` has it. */
export function configToJson(config: ModelConfig): Readonly<Record<string, unknown>> {
  const gpt = isGpt(config.model);
  return {
    model_type: gpt ? 'gpt2' : `trilu-${config.model}`,
    ...(gpt ? { architectures: ['GPT2LMHeadModel'] } : {}),
    vocab_size: config.vocabularySize,
    n_positions: config.blockSize,
    n_ctx: config.blockSize,
    n_embd: config.embedding,
    n_layer: config.layers,
    n_head: config.heads,
    n_inner: null,
    activation_function: config.activation,
    resid_pdrop: config.dropout,
    embd_pdrop: config.dropout,
    attn_pdrop: config.dropout,
    layer_norm_epsilon: 1e-5,
    initializer_range: 0.02,
    scale_attn_weights: true,
    tie_word_embeddings: config.tied,
    bos_token_id: null,
    eos_token_id: null,
    torch_dtype: 'float32',
    // In a browser transformers.js would look for weights of 8 bits first, which this folder need not have.
    'transformers.js_config': { dtype: 'fp32' },
    trilu: {
      version: 1,
      model: config.model,
      bias: config.bias,
      initialization: config.initialization,
      attention_scale: config.attentionScale,
      average: config.average,
    },
  };
}

/**
 * Reads what `configToJson` wrote.
 * @param source where it stands, for the message.
 * @throws UserError naming the key that is missing or wrong.
 */
export function configFromJson(json: unknown, source: string): ModelConfig {
  const unreadable = `${source} is no configuration that this version of trilu can read`;
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const key = v.getDotPath(issue) ?? 'the whole';
    const foreign = key === 'trilu' ? ' (a GPT-2 that other tools have saved is read with trilu import)' : '';
    throw new UserError(`${unreadable}: ${key}: ${issue.message}${foreign}.`);
  }
  const { output } = parsed;
  const different = differentComputation({ ...Object(json) }, output.n_embd);
  if (different !== undefined) throw new UserError(`${unreadable}: ${different}.`);
  try {
    return modelConfig(output.trilu.model, {
      vocabularySize: output.vocab_size,
      blockSize: output.n_positions,
      embedding: output.n_embd,
      layers: output.n_layer,
      heads: output.n_head,
      dropout: output.resid_pdrop,
      activation: output.activation_function,
      tied: output.tie_word_embeddings,
      bias: output.trilu.bias,
      initialization: output.trilu.initialization,
      attentionScale: output.trilu.attention_scale,
      average: output.trilu.average,
    });
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${source} describes no model: ${cause.message}`, { cause });
  }
}

/** What GPT-2's keys may ask for that our GPT does not compute, as the values that it does compute. */
const computed: Readonly<Record<string, unknown>> = {
  layer_norm_epsilon: 1e-5,
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  reorder_and_upcast_attn: false,
  add_cross_attention: false,
};

/** What a GPT-2 configuration asks for that would give other numbers than our GPT; undefined when there is nothing. */
export function differentComputation(json: Readonly<Record<string, unknown>>, embedding: number): string | undefined {
  const inner = json.n_inner ?? 4 * embedding;
  if (inner !== 4 * embedding) return `n_inner: is ${inner}, and only 4 · n_embd (${4 * embedding}) is known here`;
  const key = Object.keys(computed).find((name) => json[name] !== undefined && json[name] !== computed[name]);
  return key === undefined
    ? undefined
    : `${key}: is ${JSON.stringify(json[key])}, and only ${computed[key]} is known here`;
}
