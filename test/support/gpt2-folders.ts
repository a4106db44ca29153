import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A GPT-2 folder that test/torch/save_gpt2.py makes. */
export interface Gpt2FolderCase {
  /** Where; it is made. */
  readonly directory: string;
  /** What its config.json holds. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly dtype: 'F32' | 'F16' | 'BF16' | 'F64';
  /** Whether its names begin with `transformer.`. */
  readonly prefix: boolean;
  /** Whether it holds the causal masks, as older files do. */
  readonly buffers: boolean;
  /** Whether its biases are other than zero. */
  readonly biases: boolean;
  /** In how many files its weights are. */
  readonly parts: number;
  readonly seed: number;
  /** (batch, time) */
  readonly tokens: readonly (readonly number[])[];
}

/** A configuration as GPT-2's tools save it. */
export const gpt2Config: Readonly<Record<string, unknown>> = {
  activation_function: 'gelu_new',
  architectures: ['GPT2LMHeadModel'],
  attn_pdrop: 0.1,
  bos_token_id: 499,
  embd_pdrop: 0.1,
  eos_token_id: 499,
  initializer_range: 0.02,
  layer_norm_epsilon: 1e-5,
  model_type: 'gpt2',
  n_ctx: 24,
  n_embd: 48,
  n_head: 4,
  n_inner: null,
  n_layer: 2,
  n_positions: 24,
  reorder_and_upcast_attn: false,
  resid_pdrop: 0.1,
  scale_attn_by_inverse_layer_idx: false,
  scale_attn_weights: true,
  summary_type: 'cls_index',
  tie_word_embeddings: true,
  torch_dtype: 'float32',
  transformers_version: '4.40.0',
  use_cache: true,
  vocab_size: 500,
};

/** Has the folders made by one Python process. @returns the scores of each one's tokens, flat, computed in float64 */
export function makeGpt2Folders(python: string, cases: readonly Gpt2FolderCase[]): number[][] {
  const script = fileURLToPath(new URL('../torch/save_gpt2.py', import.meta.url));
  const options = { input: JSON.stringify(cases), encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  return JSON.parse(execFileSync(python, ['-B', script], options));
}
