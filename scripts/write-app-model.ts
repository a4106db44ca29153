/**
 * Puts a trained model into the app, its weights as float16: half the size to fetch, and the text reads the same.
 * tsx scripts/write-app-model.ts RUN
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Float16Array } from '@petamoriken/float16';
import { descriptionFiles, modelFiles, parameterShapes } from '../src/model-directory/model-directory.ts';
import { readModelDirectory } from '../src/runs/run-directory.ts';
import { encodeSafetensors } from '../src/safetensors/safetensors.ts';
import { runFiles } from '../src/train/trainer/run-files.ts';

const [run = ''] = process.argv.slice(2);
const folder = join(import.meta.dirname, '../web/public/gpt-nano');
const trained = await readModelDirectory(join(run, runFiles.best));
const { model, weights, tokenizer } = trained;
const shapes = parameterShapes(model);
const tensors = [...weights].map(([name, numbers]) => {
  const halves = new Float16Array(numbers);
  const data = new Uint16Array(halves.buffer, halves.byteOffset, halves.length);
  return { name, type: 'F16', shape: shapes.get(name) ?? [numbers.length], data } as const;
});
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, modelFiles.weights), encodeSafetensors(tensors, { format: 'pt' }));
for (const [name, text] of descriptionFiles(trained)) writeFileSync(join(folder, name), text);
console.log(`${folder}: ${model.name}, ${tokenizer?.size} tokens`);
