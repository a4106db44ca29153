import type { ConfiguredModel } from '../model/index.ts';
import type { Weights } from '../programs/parameters.ts';
import { modelParameters } from '../programs/parameters.ts';
import { encodeSafetensors, type SafetensorsTensor, safetensorsParts } from '../safetensors/safetensors.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { configToJson, type ModelOrigin } from './config.ts';
import { specialTokensMapJson, tokenizerConfigJson, tokenizerJson } from './tokenizer-files.ts';

/** A trained model: what it is, what it weighs, and how text becomes its tokens. */
export interface TrainedModel extends ModelOrigin {
  readonly model: ConfiguredModel;
  readonly weights: Weights;
  /** Absent where it is of no kind that is known here: such a model takes and gives token ids. */
  readonly tokenizer?: Tokenizer;
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
export function descriptionFiles({
  model,
  tokenizer,
  module,
}: Omit<TrainedModel, 'weights'>): (readonly [string, string])[] {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return [
    [modelFiles.config, json(configToJson(model, { module }))],
    ...(tokenizer === undefined ? [] : tokenizerFiles(tokenizer)),
    [modelFiles.generationConfig, json(generationConfig(model))],
  ];
}

function tokenizerFiles(tokenizer: Tokenizer): (readonly [string, string])[] {
  const files: (readonly [string, string])[] = [
    [modelFiles.tokenizer, tokenizerJson(tokenizer)],
    [modelFiles.tokenizerConfig, tokenizerConfigJson(tokenizer)],
  ];
  return tokenizer.characters === undefined ? files : [...files, [modelFiles.specialTokensMap, specialTokensMapJson()]];
}

/** Draws from all tokens, and ends where the block does: past it, GPT-2 has no positions. */
function generationConfig({ block }: ConfiguredModel): object {
  return { do_sample: true, temperature: 1, top_k: 0, top_p: 1, max_length: block };
}

/**
 * model.safetensors: the weights under their own names, and zeros for what a model of its Hugging Face type always has.
 */
export function encodeWeights(model: ConfiguredModel, weights: Weights): Uint8Array {
  return encodeSafetensors(weightTensors(model, weights), weightMetadata);
}

/**
 * The same file in parts to be written one after another, without a copy of the weights.
 * @param notes what else its metadata are to say
 */
export function weightParts(
  model: ConfiguredModel,
  weights: Weights,
  notes: Readonly<Record<string, string>> = {},
): readonly Uint8Array[] {
  return safetensorsParts(weightTensors(model, weights), { ...notes, ...weightMetadata });
}

/** Without it, transformers refuses the file. */
const weightMetadata = { format: 'pt' } as const;

function weightTensors(model: ConfiguredModel, weights: Weights): SafetensorsTensor[] {
  const shapes = parameterShapes(model);
  const own = [...weights].map(([name, data]) => tensorOf(name, shapes.get(name) ?? [data.length], data));
  const zeros = [...zerosOf(model)].filter(([name]) => !weights.has(name));
  return [...own, ...zeros.map(([name, size]) => tensorOf(name, [size], new Float32Array(size)))];
}

function tensorOf(name: string, shape: readonly number[], data: Float32Array): SafetensorsTensor {
  return { name, type: 'F32', shape, data };
}

/** A model's parameters by name, and how large each is. */
export function parameterShapes(model: ConfiguredModel): ReadonlyMap<string, readonly number[]> {
  return new Map(modelParameters(model).map(({ name, value }) => [name, value.shape.map(Number)]));
}

/** The tensors that a model's Hugging Face type always has and the model lacks. */
export function zerosOf({ definition, settings }: ConfiguredModel): Iterable<readonly [name: string, size: number]> {
  return definition.huggingFace?.zeros(settings) ?? [];
}
