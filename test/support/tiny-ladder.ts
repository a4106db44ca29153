import { modelNamed, modelNames } from '../../models/index.ts';
import { exportProgram } from '../../src/export/export-program.ts';
import type { ConfiguredModel, GivenSettings } from '../../src/model/index.ts';
import { makeProgram, type Program, type ProgramName, type ProgramOptions } from '../../src/programs/index.ts';
import type { Weights } from '../../src/programs/parameters.ts';
import { modelParameters } from '../../src/programs/parameters.ts';
import { hash, normals } from '../../src/random/counter.ts';
import type { ProgramDescription } from '../../src/runtime/session.ts';
import {
  elementCount,
  type Tensor,
  type TensorOf,
  type Tensors,
  tensor,
  zeroTensor,
} from '../../src/runtime/tensor.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { adamw } from '../../src/train/optimizers/adamw.ts';
import { sized } from './sized.ts';

/** The ladder's names; `average` in its second form has a row of its own. */
export const tinyStages: readonly string[] = [...modelNames, 'average (matmul)', 'gpt (bias, relu, untied)'];

/** Any settings of the trainer: tests of gradients have their own. */
export const someOptimizer = adamw.with({ beta2: 0.99, weightDecay: 0.1 });

const variants: Readonly<Record<string, Partial<GivenSettings>>> = {
  'average (matmul)': { average: 'matmul' },
  'gpt (bias, relu, untied)': { bias: true, activation: 'relu', tied: false },
};

/** A stage small enough for a test: 2 layers, 16 wide, block 8, 11 characters. Nothing is dropped unless told. */
export function tinyModel(stage: string, settings: Partial<GivenSettings> = {}): ConfiguredModel {
  const name = stage.split(' ')[0] ?? stage;
  const small = { vocabulary: 11, block: 8, embedding: 16, layers: 2, heads: 2, dropout: 0 };
  return sized(modelNamed(name), { ...small, ...variants[stage], ...settings });
}

/** Weights large enough that every part of a model shows in its logits. */
export function strongWeights(model: ConfiguredModel, seed = 1): Map<string, Float32Array> {
  return new Map(
    modelParameters(model).map(({ name, value }, index) => {
      const size = elementCount(value.shape.map(Number));
      const deviation = value.rank === 1 ? 0.5 : 1.5 / Math.sqrt(Number(value.shape[0]));
      const numbers = normals(size, deviation, seed, index);
      return [name, value.rank === 1 ? numbers.map((number) => number + 1) : numbers];
    }),
  );
}

/** A program of a model as a file. */
export function tinyFile(
  program: ProgramName | Program,
  model: ConfiguredModel,
  {
    weights = strongWeights(model),
    opset = 18,
    ...options
  }: { weights?: Weights; opset?: number } & Partial<ProgramOptions> = {},
): Uint8Array<ArrayBuffer> {
  const made =
    typeof program === 'string' ? makeProgram(program, model, { optimizer: someOptimizer, ...options }) : program;
  return exportProgram(made, {
    weights,
    opset,
    tokenizer: CharacterTokenizer.fromVocabulary(
      Array.from({ length: model.vocabulary }, (_, id) => String.fromCodePoint('a'.charCodeAt(0) + id)),
    ),
  });
}

/** Tokens that look random and are the same at each run. */
export function someTokens(shape: readonly number[], seed = 0, vocabulary = 11): TensorOf<'int32'> {
  const data = Array.from({ length: elementCount(shape) }, (_, index) => (hash(seed, index) >>> 0) % vocabulary);
  return tensor('int32', shape, data);
}

/** The state a training program starts from: these weights, empty moments, step 0. */
export function trainingState({ inputs, state }: ProgramDescription, weights: Weights): Tensors {
  const names = new Set(state.map(({ input }) => input));
  const entries = inputs
    .filter(({ name }) => names.has(name))
    .map(({ name, type, shape }): [string, Tensor] => {
      const sizes = shape.map(Number);
      const data = weights.get(name);
      if (type === 'int32') return [name, zeroTensor('int32', sizes)];
      return [name, data === undefined ? zeroTensor('float32', sizes) : tensor('float32', sizes, data)];
    });
  return Object.fromEntries(entries);
}
