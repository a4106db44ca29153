import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Model, ModelConfig } from '../../models/index.ts';
import { exportProgram } from '../../src/export/export-program.ts';
import { huggingFaceFiles } from '../../src/export/hugging-face/hugging-face.ts';
import { suitsSegments } from '../../src/export/precision/precision.ts';
import type { Weights } from '../../src/export/write-onnx.ts';
import { decodeProgram, forwardProgram, generateProgram, modelParameters } from '../../src/programs/index.ts';
import { uniform } from '../../src/random/counter.ts';
import { initialize } from '../../src/train/initialize.ts';
import { bytesOf, withFolder } from '../common/folder.ts';
import { measuredModel, seed, vocabularySize } from '../common/models.ts';
import { gptAsGguf } from '../llama/gpt-gguf.ts';
import { type WritingDescription, writingFiles } from './files.ts';
import { formsOf, generateFileIn } from './precisions.ts';

/** What all sides are asked to write or to read. */
export interface WritingWorkload {
  /** The name of a GPT of the ladder. */
  readonly model: string;
  /** How many characters are written after the prompt; fewer where fewer fit, two at least. Unset fills the block. */
  readonly count?: number | undefined;
  /** In which precision trilu's generate program is measured besides float32. */
  readonly dtype: string;
}

const longestPrompt = 16;

function promptLength({ blockSize }: ModelConfig): number {
  return Math.min(longestPrompt, blockSize >> 2);
}

/** How many characters are written, and how many are read before: the caches of all sides end with the block. */
export function charactersOf(workload: WritingWorkload): { readonly count: number; readonly prompt: number } {
  const { config } = measuredModel(workload.model);
  const prompt = promptLength(config);
  const room = config.blockSize - prompt;
  return { prompt, count: Math.max(2, Math.min(workload.count ?? room, room)) };
}

/** Writes the files that the sides read into a temporary folder, hands it to `use`, and removes it. */
export function withWritingWorkload<Result>(
  workload: WritingWorkload,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  return withFolder(async (folder) => {
    await writeWorkload(folder, workload, measuredModel(workload.model));
    return await use(folder);
  });
}

async function writeWorkload(folder: string, workload: WritingWorkload, model: Model): Promise<void> {
  const { config } = model;
  const parameters = modelParameters(model);
  const weights = talkative(initialize(parameters, seed));
  const block = Array.from({ length: config.blockSize }, (_, index) =>
    Math.floor(uniform(seed, 0, index) * vocabularySize),
  );
  const decode = decodeProgram(model);
  const { count, prompt } = charactersOf(workload);
  const description: WritingDescription = {
    count,
    config,
    prompt: block.slice(0, prompt),
    block,
    state: [...decode.state],
  };
  const shapes = parameters.map(({ name, value }) => ({ name, shape: value.shape }));
  const write = (name: string, data: string | Uint8Array): Promise<void> => writeFile(join(folder, name), data);
  await write(writingFiles.description, JSON.stringify({ ...description, parameters: shapes }));
  await write(writingFiles.weights, Buffer.concat(parameters.map(({ name }) => bytesOf(weightsOf(weights, name)))));
  await write(writingFiles.gguf, gptAsGguf(config, weights));
  await write(writingFiles.forward, exportProgram(forwardProgram(model), { weights }));
  await write(writingFiles.decode, exportProgram(decode, { weights }));
  await write(writingFiles.generate, exportProgram(generateProgram(model), { weights }));
  for (const precision of formsOf(workload.dtype)) {
    const generate = generateProgram(model, { segmented: suitsSegments(precision) });
    await write(generateFileIn(precision), exportProgram(generate, { weights, precision }));
  }
  // As `trilu export --format hf --main cache` writes it.
  const vocabulary = Array.from({ length: vocabularySize }, (_, id) => String.fromCodePoint(48 + id));
  for (const [name, content] of huggingFaceFiles({ config, weights, vocabulary }, { form: 'cache' })) {
    const path = join(writingFiles.huggingFace, name);
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await write(path, content);
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

function weightsOf(weights: Weights, name: string): Float32Array {
  const data = weights.get(name);
  if (data === undefined) throw new TypeError(`there is no weight ${name}`);
  return data;
}
