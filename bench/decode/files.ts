import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

/** The files of a workload's folder. The weights are little-endian, without a header. */
export const writingFiles = {
  description: 'workload.json',
  weights: 'weights.float32',
  gguf: 'model.gguf',
  forward: 'forward.onnx',
  decode: 'decode.onnx',
  generate: 'generate.onnx',
  huggingFace: 'hugging-face',
} as const;

/** The workload as the sides read it. */
const descriptionSchema = v.object({
  /** How many characters are written after the prompt, two at least. */
  count: v.number(),
  config: v.object({ block: v.number(), vocabulary: v.number() }),
  /** The ids that writing begins with. */
  prompt: v.array(v.number()),
  /** As many ids as the model sees at once: what is read in one run. */
  block: v.array(v.number()),
  /** What the decode program carries from run to run. */
  state: v.array(v.object({ input: v.string(), output: v.string() })),
});

export type WritingDescription = v.InferOutput<typeof descriptionSchema>;

/** Reads what there is to do. */
export async function readWorkload(folder: string): Promise<WritingDescription> {
  return v.parse(descriptionSchema, JSON.parse(await readFile(join(folder, writingFiles.description), 'utf8')));
}
