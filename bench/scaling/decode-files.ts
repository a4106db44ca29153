import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';
import { exportProgram } from '../../src/export/export-program.ts';
import type { ConfiguredModel } from '../../src/model/index.ts';
import { generateProgram, modelParameters } from '../../src/programs/index.ts';
import { initialize } from '../../src/train/initialize.ts';
import { seed } from '../common/models.ts';

export const decodeFiles = { task: 'decode.json', program: 'generate.onnx' } as const;

/** What is written: `count` characters after `prompt` others, two at least. */
export const decodeTaskSchema = v.object({
  batch: v.number(),
  threads: v.number(),
  prompt: v.number(),
  count: v.number(),
});

/** As much as fits into the block, after one sixteenth of it. */
export function charactersIn(block: number): { readonly prompt: number; readonly count: number } {
  const prompt = Math.max(1, block >> 4);
  return { prompt, count: block - prompt };
}

export async function writeDecodeFiles(
  folder: string,
  model: ConfiguredModel,
  size: { readonly batch: number; readonly threads: number },
): Promise<void> {
  const weights = initialize(modelParameters(model), model.initialization, seed);
  await writeFile(join(folder, decodeFiles.program), exportProgram(generateProgram(model), { weights }));
  const task = { ...size, ...charactersIn(model.block) };
  await writeFile(join(folder, decodeFiles.task), JSON.stringify(task));
}
