import { type GptSettings, gptSettings } from '../../bench/common/models.ts';
import { gpt } from '../../models/index.ts';
import type { NamedValue } from '../../src/graph/index.ts';
import type { ConfiguredModel } from '../../src/model/index.ts';
import { modelParameters } from '../../src/programs/parameters.ts';
import { hash, normals } from '../../src/random/counter.ts';
import { initialize } from '../../src/train/initialize.ts';
import { adamw } from '../../src/train/optimizers/adamw.ts';
import type { OptimizerSetup } from '../../src/train/optimizers/optimizer.ts';
import { sgd } from '../../src/train/optimizers/sgd.ts';
import { type CrossEntropyCase, type GradientsCase, type TorchTensor, type TrainCase, toTorch } from './torch.ts';

type Weights = ReadonlyMap<string, Float32Array>;

/** A tensor of integers. */
interface Characters {
  readonly shape: readonly number[];
  readonly data: Int32Array;
}

/** A model of 2 layers, its context longer than the blocks it is given. */
const tiny = { vocabulary: 11, block: 8, embedding: 16, layers: 2, heads: 2, dropout: 0 };
export const [steps, batch, time] = [20, 3, 6];

/** What the weights may be: ours at the start of training, or so large that no part of the model is nearly linear. */
const draws = {
  initial: (parameters: readonly NamedValue[], { initialization }: ConfiguredModel): Weights =>
    initialize(parameters, initialization, 1337),
  large: (parameters: readonly NamedValue[], { initialization }: ConfiguredModel): Weights =>
    new Map(
      [...initialize(parameters, initialization, 1337)].map(([name, { length }], index) => [
        name,
        normals(length, 0.3, 3, index),
      ]),
    ),
};

/** A gpt to be compared. */
export interface Variant {
  readonly weights: keyof typeof draws;
  readonly settings: Partial<GptSettings>;
}

export interface Prepared {
  readonly model: ConfiguredModel;
  readonly parameters: readonly NamedValue[];
  readonly weights: Weights;
}

export function prepare({ weights, settings }: Variant): Prepared {
  const model = gpt.configure({ ...tiny, ...settings });
  const parameters = modelParameters(model);
  return { model, parameters, weights: draws[weights](parameters, model) };
}

const both = [true, false];

/** Every combination of what a gpt may be. */
export const variants: readonly Variant[] = (['initial', 'large'] as const).flatMap((weights) =>
  both.flatMap((bias) =>
    both.flatMap((tied) =>
      (['gelu', 'relu'] as const).map((activation) => ({ weights, settings: { bias, tied, activation } })),
    ),
  ),
);

function characters(stream: number, shape: readonly number[]): Characters {
  const length = shape.reduce((product, size) => product * size, 1);
  return { shape, data: Int32Array.from({ length }, (_, index) => (hash(9, stream, index) >>> 1) % tiny.vocabulary) };
}

/** One batch, for gradients. */
export const block: { tokens: Characters; targets: Characters } = {
  tokens: characters(0, [batch, time]),
  targets: characters(1, [batch, time]),
};

/** A batch for each step. */
export const batches: { tokens: Characters; targets: Characters } = {
  tokens: characters(2, [steps, batch, time]),
  targets: characters(3, [steps, batch, time]),
};

/** A warm-up of 5 steps, then down along a cosine. */
const learningRates: readonly number[] = Array.from({ length: steps }, (_, step) =>
  Math.fround(step < 5 ? (0.003 * (step + 1)) / 6 : 0.0003 + 0.00135 * (1 + Math.cos((Math.PI * (step - 5)) / 15))),
);

/** The learning rates of a training. */
export function ratesOf({ rate = 1 }: Pick<Training, 'rate'>): readonly number[] {
  return learningRates.map((learningRate) => Math.fround(rate * learningRate));
}

export interface Training {
  readonly what: string;
  readonly optimizer: OptimizerSetup;
  /** What the rates of `learningRates` are multiplied by: SGD's are larger. */
  readonly rate?: number;
  readonly variant: Variant;
}

const nanoGpt = adamw.with({ beta2: 0.99, weightDecay: 0.1 });
const complete: Variant = { weights: 'initial', settings: { bias: true, tied: true, activation: 'gelu' } };
const plain: Variant = { weights: 'large', settings: { bias: false, tied: false, activation: 'relu' } };

export const trainings: readonly Training[] = [
  { what: "AdamW with nanoGPT's options", optimizer: nanoGpt, variant: complete },
  { what: 'AdamW, all parameters decayed', optimizer: { ...nanoGpt, decayed: 'all' }, variant: complete },
  { what: 'AdamW, no clipping, beta2 0.999', optimizer: { ...nanoGpt, clip: 0, beta2: 0.999 }, variant: complete },
  { what: 'AdamW, no decay, tight clipping', optimizer: { ...nanoGpt, weightDecay: 0, clip: 0.1 }, variant: complete },
  { what: 'AdamW, a plainer model from large weights', optimizer: nanoGpt, variant: plain },
  { what: 'SGD, plain', optimizer: sgd.with({ momentum: 0, clip: 0 }), rate: 30, variant: complete },
  { what: 'SGD with momentum', optimizer: sgd.with({ clip: 0.5 }), rate: 10, variant: complete },
  {
    what: 'SGD with Nesterov’s momentum and weight decay',
    optimizer: sgd.with({ momentum: 0.8, nesterov: true, weightDecay: 0.1 }),
    rate: 10,
    variant: complete,
  },
  {
    what: 'SGD, all parameters decayed, a plainer model from large weights',
    optimizer: sgd.with({ weightDecay: 0.3, decayed: 'all' }),
    rate: 10,
    variant: plain,
  },
];

/** Scores of shape (2, 3, 5), and which of the five is right. */
export const scores: Readonly<Record<string, Float32Array>> = {
  ordinary: normals(2 * 3 * 5, 3, 11),
  'up to ±10000': Float32Array.from({ length: 2 * 3 * 5 }, (_, index) => [1e4, -1e4, 0, 12, 1e4][(index * 7) % 5] ?? 0),
};
export const right: Int32Array = Int32Array.of(0, 4, 2, 2, 1, 3);

export function gradientsCase(variant: Variant): GradientsCase {
  return { ...modelCase(variant), ...dataCase(block) };
}

export function trainCase({ optimizer, variant, ...training }: Training, type: TrainCase['type']): TrainCase {
  return { ...modelCase(variant), ...dataCase(batches), type, optimizer, learningRates: ratesOf(training) };
}

export function crossEntropyCase(logits: Float32Array): CrossEntropyCase {
  return { logits: toTorch([2, 3, 5], logits), targets: toTorch([2, 3], right) };
}

function modelCase(variant: Variant): Pick<GradientsCase, 'config' | 'weights'> {
  const { model, parameters, weights } = prepare(variant);
  const entries = parameters.map(({ name, value }): [string, TorchTensor] => {
    return [name, toTorch(value.shape.map(Number), weights.get(name) ?? new Float32Array())];
  });
  return { config: gptSettings(model), weights: Object.fromEntries(entries) };
}

function dataCase({ tokens, targets }: typeof block): Pick<GradientsCase, 'tokens' | 'targets'> {
  return { tokens: toTorch(tokens.shape, tokens.data), targets: toTorch(targets.shape, targets.data) };
}
