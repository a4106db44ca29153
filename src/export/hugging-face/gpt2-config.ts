import * as v from 'valibot';
import { type ModelConfig, modelConfig, modelNames } from '../../../models/index.ts';
import { UserError } from '../../errors.ts';
import { differentComputation } from '../config.ts';

/** Names that Hugging Face's libraries have for one form of GELU or another; all of a row are the same function. */
const activations: Readonly<Record<string, ModelConfig['activation']>> = {
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
  trilu: v.optional(v.object({ model: v.optional(v.string()) }), {}),
});

/** Other names that GPT-2's configuration may have its sizes under. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  n_positions: ['n_ctx', 'max_position_embeddings'],
  n_embd: ['hidden_size'],
  n_layer: ['num_hidden_layers'],
  n_head: ['num_attention_heads'],
};

/** A GPT-2 configuration read as ours. */
export interface Gpt2Config {
  /** With biases, as every GPT-2 has them. */
  readonly config: ModelConfig;
  /** What was given up, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Reads the `config.json` of any GPT-2.
 * @param source where it stands, for messages.
 * @throws UserError naming the key that is missing or wrong, or asks for what our GPT does not compute.
 */
export function gpt2ConfigFromJson(json: unknown, source: string): Gpt2Config {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new UserError(`${source} is no configuration: it is not a JSON object.`);
  }
  const given: Readonly<Record<string, unknown>> = { ...json };
  if (given.model_type !== 'gpt2') {
    throw new UserError(
      `${source} is of the model_type ${JSON.stringify(given.model_type)}; only gpt2 can be imported.`,
    );
  }
  const parsed = v.safeParse(schema, withOwnNames(given));
  if (!parsed.success) {
    const [issue] = parsed.issues;
    throw new UserError(`${source} is no configuration of a GPT-2: ${v.getDotPath(issue) ?? 'it'}: ${issue.message}.`);
  }
  const different = differentComputation(given, parsed.output.n_embd);
  if (different !== undefined) throw new UserError(`${source} can't be imported: ${different}.`);
  return toConfig(parsed.output, source);
}

function withOwnNames(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const found = Object.entries(otherNames).flatMap(([own, others]) => {
    const name = [own, ...others].find((candidate) => given[candidate] !== undefined);
    return name === undefined ? [] : [[own, given[name]] as const];
  });
  return { ...given, ...Object.fromEntries(found) };
}

function toConfig(given: v.InferOutput<typeof schema>, source: string): Gpt2Config {
  const activation = Object.hasOwn(activations, given.activation_function)
    ? activations[given.activation_function]
    : undefined;
  if (activation === undefined) {
    throw new UserError(
      `${source} can't be imported: its activation_function is ${JSON.stringify(given.activation_function)}, and those known here are ${Object.keys(activations).join(', ')}.`,
    );
  }
  const { resid_pdrop: dropout } = given;
  const oneRate = [given.embd_pdrop, given.attn_pdrop].every((other) => other === dropout);
  const notes = oneRate
    ? []
    : [`The dropout rates of ${source} differ; a training here drops ${dropout} everywhere (resid_pdrop).`];
  try {
    const config = modelConfig(ownStage(given.trilu.model), {
      vocabularySize: given.vocab_size,
      blockSize: given.n_positions,
      embedding: given.n_embd,
      layers: given.n_layer,
      heads: given.n_head,
      dropout,
      bias: true,
      activation,
      tied: given.tie_word_embeddings,
      initialization: 'gpt2',
    });
    return { config, notes };
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${source} describes no model: ${cause.message}`, { cause });
  }
}

/** A model that was ours before other tools saved it anew keeps the name of its stage. */
function ownStage(name: string | undefined): string {
  return name?.startsWith('gpt') === true && modelNames.includes(name) ? name : 'gpt';
}
