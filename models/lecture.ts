import { add, gather, scope, type Value } from '../src/graph/index.ts';
import {
  embedding,
  type Initialization,
  type Initializer,
  linear,
  normal,
  ones,
  type ParameterShape,
  positions,
  scaledNormal,
  uniform,
  zeros,
} from '../src/model/index.ts';
import { choice, decimalNumber, wholeNumber } from '../src/settings/setting.ts';

/** Settings that several rungs have, at the sizes the lecture begins with; each rung takes those it uses. */
export const settings = {
  block: wholeNumber({
    default: 8,
    description: 'characters that the model sees at once',
    label: 'block size',
    key: 'n_positions',
  }),
  embedding: wholeNumber({ default: 32, description: 'width of the residual stream', key: 'n_embd' }),
  layers: wholeNumber({ default: 3, description: 'layers', key: 'n_layer' }),
  heads: wholeNumber({ default: 4, description: 'attention heads of a layer', key: 'n_head' }),
  dropout: decimalNumber({
    default: 0,
    min: 0,
    below: 1,
    description: 'share of activations set to 0',
    argument: 'share',
    key: 'resid_pdrop',
  }),
  initialization: choice(['scaled', 'gpt2', 'torch'], {
    default: 'scaled',
    description: "how weights begin: scaled to their inputs, N(0, 0.02), or PyTorch's default",
    argument: 'kind',
  }),
  attentionScale: choice(['head', 'embedding'], {
    default: 'head',
    description: 'whose width scores are scaled by; the GPTs: head',
    argument: 'width',
  }),
};

/** How the rungs before the GPTs learn well: the lecture's steps and rate. */
export const training = { steps: 5000, batch: 32, learningRate: 1e-3, schedule: 'constant' } as const;

/** The heads share the embedding out among them. */
export function checkHeads({
  embedding,
  heads,
}: {
  readonly embedding: number;
  readonly heads: number;
}): string | undefined {
  return embedding % heads === 0
    ? undefined
    : `An embedding of ${embedding} can't be shared out evenly among ${heads} heads; change one of them.`;
}

/** A vector for each token, and one more for its place in the block. @param tokens (B, T) @returns (B, T, C) */
export function embed(tokens: Value, { vocabulary, block, embedding: C }: Sizes): Value {
  const token = gather(embedding('token_embedding_table', vocabulary, C), tokens); // (B, T, C)
  return add(token, positions(embedding('position_embedding_table', block, C))); // (B, T, C)
}

interface Sizes {
  readonly vocabulary: number;
  readonly block: number;
  readonly embedding: number;
}

/** Scores for each token. @param x (B, T, C) @returns (B, T, V) */
export function languageHead(x: Value, { vocabulary }: Pick<Sizes, 'vocabulary'>): Value {
  return linear('lm_head', x, vocabulary); // (B, T, V)
}

/**
 * The attention scale 1/√d: d is a head's width (Vaswani et al. 2017), or by mistake that of the whole embedding, as in the lecture.
 * @param size the width of a head
 */
export function scoreScale(
  size: number,
  { attentionScale, embedding }: { readonly attentionScale: 'head' | 'embedding'; readonly embedding: number },
): number {
  return (attentionScale === 'head' ? size : embedding) ** -0.5;
}

/** What PyTorch gives a new linear layer: the bound that kaiming_uniform_ with a = √5 comes to. */
const torchLinear = ({ inputs }: ParameterShape): Initializer => uniform(1 / Math.sqrt(inputs));

/**
 * How the ladder's weights begin: `scaled`, N(0, 1/inputs) (LeCun et al. 1998), learns small models much faster; `gpt2` is N(0, 0.02²) at
 * every width, as GPT-2 and nanoGPT have it; `torch` is what PyTorch gives new modules, and so what the lecture began with.
 */
export const beginnings = {
  scaled: { table: normal(0.02), output: normal(0.02), matrix: scaledNormal, bias: zeros },
  gpt2: { table: normal(0.02), output: normal(0.02), matrix: (gain = 1) => normal(0.02 * gain), bias: zeros },
  torch: {
    table: normal(1),
    output: ({ shape: [, inputs = 1] }: ParameterShape) => uniform(1 / Math.sqrt(inputs)), // (V, C)
    matrix: () => torchLinear,
    bias: torchLinear,
  },
};

export const normalization = { '*ln*.weight': ones, '*ln*.bias': zeros };

/** The first weights of the rungs before the GPTs. */
export function initialization(settings: { readonly initialization: keyof typeof beginnings }): Initialization {
  const { table, matrix, bias } = beginnings[settings.initialization];
  return { ...normalization, '*_embedding_table.weight': table, '*.bias': bias, '*': matrix() };
}

/** Layers one after another, each in a scope `{name}.{layer}`. @param x (B, T, C) @returns (B, T, C) */
export function stacked(name: string, layers: number, x: Value, layer: (x: Value) => Value): Value {
  let stream = x;
  for (let index = 0; index < layers; index++) stream = scope(`${name}.${index}`, () => layer(stream)); // (B, T, C)
  return stream;
}
