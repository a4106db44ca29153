import type { ModelConfig } from '../../../models/index.ts';
import { defineModel } from '../../../models/index.ts';
import { modelParameters } from '../../programs/parameters.ts';
import { configToJson } from '../config.ts';
import { encodeSafetensors, type SafetensorsTensor, safetensorsParts } from '../safetensors/safetensors.ts';
import type { Weights } from '../write-onnx.ts';
import { specialTokensMapJson, tokenizerConfigJson, tokenizerJson } from './tokenizer-files.ts';

/** A trained model: what it is, what it weighs, and its characters in id order. */
export interface TrainedModel {
  readonly config: ModelConfig;
  readonly weights: Weights;
  /** Absent where a token is not one character: such a model takes and gives token ids. */
  readonly vocabulary?: readonly string[];
}

/** Names of a model directory's files, as Hugging Face's tools look for them. */
export const modelFiles = {
  config: 'config.json',
  weights: 'model.safetensors',
  tokenizer: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
  specialTokensMap: 'special_tokens_map.json',
  generationConfig: 'generation_config.json',
} as const;

/** The files that describe a model without its weights: they don't change while it learns. */
export function descriptionFiles(config: ModelConfig, vocabulary?: readonly string[]): (readonly [string, string])[] {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  const tokenizer: (readonly [string, string])[] =
    vocabulary === undefined
      ? []
      : [
          [modelFiles.tokenizer, tokenizerJson(vocabulary)],
          [modelFiles.tokenizerConfig, tokenizerConfigJson(vocabulary)],
          [modelFiles.specialTokensMap, specialTokensMapJson()],
        ];
  return [
    [modelFiles.config, json(configToJson(config))],
    ...tokenizer,
    [modelFiles.generationConfig, json(generationConfig(config))],
  ];
}

/** Draws from all characters, and ends where the block does: past it, GPT-2 has no positions. */
function generationConfig({ blockSize }: ModelConfig): object {
  return { do_sample: true, temperature: 1, top_k: 0, top_p: 1, max_length: blockSize };
}

/**
 * model.safetensors: the weights under their own names, for the GPT stages GPT-2's names and layouts. GPT-2 always has biases, so a
 * model without them stores zeros there.
 */
export function encodeWeights(config: ModelConfig, weights: Weights): Uint8Array {
  return encodeSafetensors(weightTensors(config, weights), weightMetadata);
}

/**
 * The same file in parts to be written one after another, without a copy of the weights.
 * @param notes what else its metadata are to say
 */
export function weightParts(
  config: ModelConfig,
  weights: Weights,
  notes: Readonly<Record<string, string>> = {},
): readonly Uint8Array[] {
  return safetensorsParts(weightTensors(config, weights), { ...notes, ...weightMetadata });
}

/** Without it, transformers refuses the file. */
const weightMetadata = { format: 'pt' } as const;

function weightTensors(config: ModelConfig, weights: Weights): SafetensorsTensor[] {
  const shapes = parameterShapes(config);
  const own = [...weights].map(([name, data]) => tensorOf(name, shapes.get(name) ?? [data.length], data));
  const zeros = [...missingBiases(config)].filter(([name]) => !weights.has(name));
  return [...own, ...zeros.map(([name, size]) => tensorOf(name, [size], new Float32Array(size)))];
}

function tensorOf(name: string, shape: readonly number[], data: Float32Array): SafetensorsTensor {
  return { name, type: 'F32', shape, data };
}

/** A model's parameters by name, and how large each is. */
export function parameterShapes(config: ModelConfig): ReadonlyMap<string, readonly number[]> {
  return new Map(modelParameters(defineModel(config)).map(({ name, value }) => [name, value.shape.map(Number)]));
}

/** The biases that GPT-2 has and a model with `bias: false` has not. */
export function* missingBiases({
  model,
  layers,
  embedding: C,
  bias,
}: ModelConfig): Generator<readonly [string, number]> {
  if (!model.startsWith('gpt') || bias) return;
  for (let layer = 0; layer < layers; layer++) {
    const block = `transformer.h.${layer}`;
    yield [`${block}.ln_1.bias`, C];
    yield [`${block}.attn.c_attn.bias`, 3 * C];
    yield [`${block}.attn.c_proj.bias`, C];
    yield [`${block}.ln_2.bias`, C];
    yield [`${block}.mlp.c_fc.bias`, 4 * C];
    yield [`${block}.mlp.c_proj.bias`, C];
  }
  yield ['transformer.ln_f.bias', C];
}
