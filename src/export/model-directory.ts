import type { ModelConfig } from '../../models/index.ts';
import { defineModel } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import { modelParameters } from '../programs/parameters.ts';
import { configFromJson, configToJson } from './config.ts';
import { decodeSafetensors, encodeSafetensors, type SafetensorsTensor } from './safetensors.ts';
import { tokenizerConfigJson, tokenizerJson, vocabularyFromTokenizerJson } from './tokenizer-files.ts';
import type { Weights } from './write-onnx.ts';

/** A trained model: what it is, what it weighs, and its characters in id order. */
export interface TrainedModel {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly vocabulary: readonly string[];
}

/** Names of a model directory's files, as Hugging Face's tools look for them. */
export const modelFiles = {
  config: 'config.json',
  weights: 'model.safetensors',
  tokenizer: 'tokenizer.json',
  tokenizerConfig: 'tokenizer_config.json',
  generationConfig: 'generation_config.json',
} as const;

/** The files that describe a model without its weights: they don't change while it learns. */
export function descriptionFiles(config: ModelConfig, vocabulary: readonly string[]): (readonly [string, string])[] {
  const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
  return [
    [modelFiles.config, json(configToJson(config))],
    [modelFiles.tokenizer, tokenizerJson(vocabulary)],
    [modelFiles.tokenizerConfig, tokenizerConfigJson(vocabulary)],
    [modelFiles.generationConfig, json({ do_sample: true, temperature: 1, top_k: 0, top_p: 1, max_new_tokens: 500 })],
  ];
}

/**
 * model.safetensors: the weights under their own names, for the GPT stages GPT-2's names and layouts. GPT-2 always has biases, so a
 * model without them stores zeros there.
 */
export function encodeWeights(config: ModelConfig, weights: Weights): Uint8Array {
  const shapes = parameterShapes(config);
  const own = [...weights].map(([name, data]) => tensorOf(name, shapes.get(name) ?? [data.length], data));
  const names = new Set(weights.keys());
  const zeros = [...missingBiases(config)].filter(([name]) => !names.has(name));
  return encodeSafetensors([...own, ...zeros.map(([name, size]) => tensorOf(name, [size], new Float32Array(size)))], {
    format: 'pt',
  });
}

function tensorOf(name: string, shape: readonly number[], data: Float32Array): SafetensorsTensor {
  return { name, type: 'F32', shape, data };
}

function parameterShapes(config: ModelConfig): ReadonlyMap<string, readonly number[]> {
  return new Map(modelParameters(defineModel(config)).map(({ name, value }) => [name, value.shape.map(Number)]));
}

/** The biases that GPT-2 has and a model with `bias: false` has not. */
function* missingBiases({ model, layers, embedding: C, bias }: ModelConfig): Generator<readonly [string, number]> {
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

/**
 * Reads a model directory.
 * @param read gives the bytes of one of its files; throws UserError where it can't.
 * @param directory its name, for messages.
 * @throws UserError when a file is damaged, or configuration, weights and vocabulary don't fit together.
 */
export async function readModel(read: (name: string) => Promise<Uint8Array>, directory: string): Promise<TrainedModel> {
  const text = async (name: string): Promise<string> => new TextDecoder().decode(await read(name));
  const place = (name: string): string => `${directory}/${name}`;
  const config = configFromJson(
    parse(await text(modelFiles.config), place(modelFiles.config)),
    place(modelFiles.config),
  );
  const vocabulary = vocabularyFromTokenizerJson(await text(modelFiles.tokenizer), place(modelFiles.tokenizer));
  if (vocabulary.length !== config.vocabularySize) {
    throw new UserError(
      `${place(modelFiles.tokenizer)} has ${vocabulary.length} characters, but ${modelFiles.config} says ${config.vocabularySize}.`,
    );
  }
  const weights = decodeWeights(config, await read(modelFiles.weights), place(modelFiles.weights));
  return { config, weights, vocabulary };
}

function parse(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${source} is damaged: it is no JSON.`);
  }
}

/** How many parameters a model of so many layers has, reckoned from one and two: to define a million of them would take long. */
function parameterCountFor(config: ModelConfig): number {
  const one = parameterShapes({ ...config, layers: 1 }).size;
  const two = parameterShapes({ ...config, layers: 2 }).size;
  return one + (config.layers - 1) * (two - one);
}

function decodeWeights(config: ModelConfig, bytes: Uint8Array, source: string): Weights {
  const { tensors } = decodeSafetensors(bytes, source);
  if (config.layers > 2 && parameterCountFor(config) > tensors.size) {
    throw new UserError(
      `${source} has ${tensors.size} tensors, too few for the ${config.layers} layers that ${modelFiles.config} asks for.`,
    );
  }
  return new Map(
    [...parameterShapes(config)].map(([name, shape]) => {
      const held = tensors.get(name);
      if (held === undefined)
        throw new UserError(`${source} lacks the weights ${name} that the configuration asks for.`);
      if (!(held.data instanceof Float32Array) || String(held.shape) !== String(shape)) {
        throw new UserError(
          `${source}: ${name} is ${held.type} of shape [${held.shape.join(', ')}], but the configuration asks for F32 of shape [${shape.join(', ')}].`,
        );
      }
      return [name, held.data];
    }),
  );
}
