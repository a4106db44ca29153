import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineModel, type Model, type ModelConfig, modelConfig } from '../models/index.ts';
import { UserError } from '../src/errors.ts';
import { exportProgram } from '../src/export/export-program.ts';
import { type PrecisionOptions, precisions, quantizedForms, suitsSegments } from '../src/export/precision/precision.ts';
import type { Weights } from '../src/export/write-onnx.ts';
import { decodeProgram, forwardProgram, generateProgram, modelParameters } from '../src/programs/index.ts';
import { uniform } from '../src/random/counter.ts';
import { initialize } from '../src/train/initialize.ts';
import { type GenerateWorkload, generateFiles, type WrittenWorkload } from './generate-files.ts';
import { gptAsGguf } from './generate-gguf.ts';

/** The file of the generate program in a precision. */
export function generateFileIn({ dtype, form }: PrecisionOptions): string {
  return `generate.${dtype}${form === undefined ? '' : `.${form}`}.onnx`;
}

/**
 * What is measured of a precision: for whole numbers, every form in which they can be computed.
 * @throws UserError for one that does not exist
 */
export function formsOf(dtype: string): PrecisionOptions[] {
  const known = precisions.find((precision) => precision === dtype);
  if (known === undefined) {
    throw new UserError(`There is no precision '${dtype}'; choose from ${precisions.join(', ')}.`, { exitCode: 2 });
  }
  if (known === 'fp32') return [];
  if (known === 'fp16') return [{ dtype: known }];
  const forms = quantizedForms.filter((form) => form !== 'matmulinteger' || known === 'int8');
  return forms.map((form) => ({ dtype: known, form }));
}

/** Tiny Shakespeare's number of characters. */
const vocabularySize = 65;
const seed = 1337;
const longestPrompt = 16;

/** The stages that every side has. */
const measuredStages: readonly string[] = ['gpt-nano', 'gpt'];

/** @throws UserError for a stage that the other sides have not got */
export function generatingModel(name: string): Model {
  if (!measuredStages.includes(name)) {
    throw new UserError(`Generating with ${name} is not measured; choose from ${measuredStages.join(', ')}.`, {
      exitCode: 2,
    });
  }
  return defineModel(modelConfig(name, { vocabularySize, dropout: 0 }));
}

/** How many characters fit behind the prompt: the caches of all sides end with the block. */
export function mostCharacters({ config }: Model): number {
  return config.blockSize - promptLength(config);
}

function promptLength({ blockSize }: ModelConfig): number {
  return Math.min(longestPrompt, blockSize >> 2);
}

/** Writes the files into a temporary folder, hands it to `use`, and removes it. */
export async function withGenerateWorkload<Result>(
  workload: GenerateWorkload,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'trilu-bench-'));
  try {
    await writeWorkload(folder, workload);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeWorkload(folder: string, workload: GenerateWorkload): Promise<void> {
  const model = generatingModel(workload.model);
  const { config } = model;
  const parameters = modelParameters(model);
  const weights = talkative(initialize(parameters, seed));
  const block = Array.from({ length: config.blockSize }, (_, index) =>
    Math.floor(uniform(seed, 0, index) * vocabularySize),
  );
  const decode = decodeProgram(model);
  const description: WrittenWorkload = {
    ...workload,
    config,
    prompt: block.slice(0, promptLength(config)),
    block,
    state: decode.state,
    parameters: parameters.map(({ name, value }) => ({ name, shape: value.shape })),
  };
  const write = (name: string, data: string | Uint8Array): Promise<void> => writeFile(join(folder, name), data);
  await write(generateFiles.description, JSON.stringify(description));
  await write(generateFiles.weights, Buffer.concat(parameters.map(({ name }) => bytesOf(weights, name))));
  await write(generateFiles.gguf, gptAsGguf(config, weights));
  await write(generateFiles.forward, exportProgram(forwardProgram(model), { weights }));
  await write(generateFiles.decode, exportProgram(decode, { weights }));
  await write(generateFiles.generate, exportProgram(generateProgram(model), { weights }));
  for (const precision of formsOf(workload.dtype)) {
    const generate = generateProgram(model, { segmented: suitsSegments(precision) });
    await write(generateFileIn(precision), exportProgram(generate, { weights, precision }));
  }
}

/**
 * A model that has learned nothing repeats itself, since its output layer is its embedding. With larger weights inside, what it
 * writes changes with every character of the past, so that a side that forgets some of it shows.
 */
function talkative(weights: Weights): Weights {
  return new Map(
    [...weights].map(([name, data]) => [name, name.includes('.c_') ? data.map((weight) => 2 * weight) : data]),
  );
}

function bytesOf(weights: Weights, name: string): Uint8Array {
  const data = weights.get(name);
  if (data === undefined) throw new TypeError(`there is no weight ${name}`);
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
