import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { exportProgram } from '../../src/export/export-program.ts';
import { huggingFaceFiles } from '../../src/export/hugging-face-folder.ts';
import { suitsSegments } from '../../src/export/precision/precision.ts';
import type { ConfiguredModel } from '../../src/model/index.ts';
import { decodeProgram, forwardProgram, generateProgram, modelParameters } from '../../src/programs/index.ts';
import type { Weights } from '../../src/programs/parameters.ts';
import { uniform } from '../../src/random/counter.ts';
import { CharacterTokenizer } from '../../src/text/tokenizers/characters.ts';
import { initialize } from '../../src/train/initialize.ts';
import { bytesOf, withFolder } from '../common/folder.ts';
import { gptSettings, measuredModel, seed, vocabularySize } from '../common/models.ts';
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

function promptLength({ block }: ConfiguredModel): number {
  return Math.min(longestPrompt, block >> 2);
}

/** How many characters are written, and how many are read before: the caches of all sides end with the block. */
export function charactersOf(workload: WritingWorkload): { readonly count: number; readonly prompt: number } {
  const model = measuredModel(workload.model);
  const prompt = promptLength(model);
  const room = model.block - prompt;
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

async function writeWorkload(folder: string, workload: WritingWorkload, model: ConfiguredModel): Promise<void> {
  const parameters = modelParameters(model);
  const weights = talkative(initialize(parameters, model.initialization, seed));
  const block = Array.from({ length: model.block }, (_, index) => Math.floor(uniform(seed, 0, index) * vocabularySize));
  const decode = decodeProgram(model);
  const { count, prompt } = charactersOf(workload);
  const description: WritingDescription = {
    count,
    config: gptSettings(model),
    prompt: block.slice(0, prompt),
    block,
    state: [...decode.state],
  };
  const shapes = parameters.map(({ name, value }) => ({ name, shape: value.shape }));
  const write = (name: string, data: string | Uint8Array): Promise<void> => writeFile(join(folder, name), data);
  await write(writingFiles.description, JSON.stringify({ ...description, parameters: shapes }));
  await write(writingFiles.weights, Buffer.concat(parameters.map(({ name }) => bytesOf(weightsOf(weights, name)))));
  await write(writingFiles.gguf, gptAsGguf(model, weights));
  await write(writingFiles.forward, exportProgram(forwardProgram(model), { weights }));
  await write(writingFiles.decode, exportProgram(decode, { weights }));
  await write(writingFiles.generate, exportProgram(generateProgram(model), { weights }));
  for (const precision of formsOf(workload.dtype)) {
    const generate = generateProgram(model, { segmented: suitsSegments(precision) });
    await write(generateFileIn(precision), exportProgram(generate, { weights, precision }));
  }
  // As `trilu export --format hf --main cache` writes it.
  const characters = Array.from({ length: vocabularySize }, (_, id) => String.fromCodePoint(48 + id));
  const tokenizer = CharacterTokenizer.fromVocabulary(characters);
  for (const [name, content] of huggingFaceFiles({ model, weights, tokenizer }, { form: 'cache' })) {
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
