import type { Value } from '../src/graph/index.ts';

/** What every stage of the ladder is made from. A stage ignores what it has not got. */
export interface ModelConfig {
  /** The stage's name: `bigram`, …, `gpt`. */
  readonly model: string;
  /** V: how many different characters there are. */
  readonly vocabularySize: number;
  /** The longest context, in characters. */
  readonly blockSize: number;
  /** C: the width of a character's vector. */
  readonly embedding: number;
  readonly layers: number;
  /** H: attention heads a layer; each is C / H wide. */
  readonly heads: number;
  /** The share of activations dropped in training. */
  readonly dropout: number;
  /** Biases in the linear layers and LayerNorms of the GPT stages. */
  readonly bias: boolean;
  readonly activation: 'gelu' | 'relu';
  /** The GPT stages may use the token embedding as the output layer too. */
  readonly tied: boolean;
  /**
   * How the GPT stages' matrices begin: `scaled`, N(0, 1/√inputs) (LeCun et al. 1998), learns small models much faster;
   * `gpt2` is N(0, 0.02) at every width, as GPT-2 and nanoGPT have it.
   */
  readonly initialization: 'scaled' | 'gpt2';
  /** How `average` takes its mean: masked softmax, or a product with a normalised lower triangle. */
  readonly average: 'softmax' | 'matmul';
}

/** What a program lends to a model while the model is being defined. A model never knows which program it is in. */
export interface Context {
  /** Where the tokens begin in the block: 0, or (decoding) an int64 vector of one element. */
  readonly start: Value | 0;
  /** With a cache: the past of `x` and `x`, joined along `axis`; else `x`. */
  remember(name: string, x: Value, axis: number): Value;
  /** In training: `x` with a share of its elements dropped and the others scaled up; else `x`. */
  dropout(x: Value, rate: number): Value;
  /** Shows a value to whoever asked to see it, under a name. Returns it. */
  tap(name: string, x: Value): Value;
}

/** A forward pass over whole sequences: nothing remembered, nothing dropped, nothing shown. */
export const plainContext: Context = {
  start: 0,
  remember: (_name, x) => x,
  dropout: (x) => x,
  tap: (_name, x) => x,
};

/** One stage of the ladder with its sizes chosen. */
export interface Model {
  readonly config: ModelConfig;
  /**
   * @param tokens int32 (B, T)
   * @returns float32 (B, T, V): for each position, a score for each character that might come next.
   */
  logits(tokens: Value, context?: Context): Value;
}
