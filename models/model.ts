import { dimensionOf, slice, type Value } from '../src/graph/index.ts';

/** How weights begin; see `ModelConfig`. */
export type Initialization = 'scaled' | 'gpt2' | 'torch';

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
  /** `gelu_new` is GPT-2's own: GELU by tanh. */
  readonly activation: 'gelu' | 'gelu_new' | 'relu';
  /** The GPT stages may use the token embedding as the output layer too. */
  readonly tied: boolean;
  /**
   * How weights begin: `scaled`, N(0, 1/√inputs) (LeCun et al. 1998), learns small models much faster; `gpt2` is N(0, 0.02) at every
   * width, as GPT-2 and nanoGPT have it; `torch` is what PyTorch gives a new module, and so what the lecture began with:
   * U(−1/√inputs, 1/√inputs) for matrices and biases, N(0, 1) for embeddings.
   */
  readonly initialization: Initialization;
  /**
   * What attention scores are divided by: the root of a head's width (Vaswani et al. 2017), or that of the whole embedding, as the
   * lecture's ladder had it by mistake. The GPT stages know the first only, as GPT-2 does.
   */
  readonly attentionScale: 'head' | 'embedding';
  /** How `average` takes its mean: masked softmax, or a product with a normalised lower triangle. */
  readonly average: 'softmax' | 'matmul';
}

/** What causal self-attention is computed from. The keys and values are those of the new tokens: none is remembered yet. */
export interface AttentionInputs {
  /** What the caches of its keys and values are called, `{label}.key` and `{label}.value`. */
  readonly label: string;
  /** (B, H, T, D) each. */
  readonly query: Value;
  readonly key: Value;
  readonly value: Value;
  /** What the scores are multiplied with. */
  readonly scale: number;
  readonly blockSize: number;
}

/** What a program lends to a model while the model is being defined. A model never knows which program it is in. */
export interface Context {
  /** The rows of a table of the block's places (block, …) that belong to the tokens of `x` (B, T, …): (T, …), or (B, T, …). */
  rows(table: Value, x: Value): Value;
  /**
   * Who may look at whom: ones and zeros.
   * @param triangle (block, block): row t has ones up to column t
   * @param x (B, T, …): the tokens that look
   * @param keys the tokens looked at, S of them along `axis`
   * @returns (T, S), or (B, T, S) where the sequences of a batch differ
   */
  visible(triangle: Value, x: Value, keys: Value, axis: number): Value;
  /** With a cache: the past of `x` and `x`, joined along `axis`; else `x`. */
  remember(name: string, x: Value, axis: number): Value;
  /** In training: `x` with a share of its elements dropped and the others scaled up; else `x`. */
  dropout(x: Value, rate: number): Value;
  /**
   * In a program that is asked for the last token's logits alone: the last of `x` along `axis`; else `x`. A model may cut away so what
   * no later token looks at.
   */
  last(x: Value, axis: number): Value;
  /** Shows a value to whoever asked to see it, under a name. Returns it. */
  tap(name: string, x: Value): Value;
  /** Another formulation of softmax attention than the one that the model spells out: (B, H, T, D), the values mixed. */
  attention?(inputs: AttentionInputs): Value;
}

/** Tokens that follow one another from a place in the block on: 0, or (decoding) an int64 vector of one element. */
export function placedFrom(start: Value | 0): Pick<Context, 'rows' | 'visible'> {
  const rows = (table: Value, x: Value): Value => {
    const rest = start === 0 ? table : slice(table, { axis: 0, start });
    return slice(rest, { axis: 0, end: dimensionOf(x, 1), length: x.shape[1] ?? 0 }); // (T, …)
  };
  return {
    rows,
    visible: (triangle, x, keys, axis) => slice(rows(triangle, x), { axis: 1, end: dimensionOf(keys, axis) }), // (T, S)
  };
}

/** A forward pass over whole sequences: nothing remembered, nothing dropped, nothing shown. */
export const plainContext: Context = {
  ...placedFrom(0),
  remember: (_name, x) => x,
  dropout: (x) => x,
  last: (x) => x,
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
