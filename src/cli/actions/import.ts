import { readForeignDirectory, requireFree, writeModelDirectory } from '../../runs/run-directory.ts';
import { formatCount, shellWord } from '../format.ts';
import type { ImportOptions } from '../import.ts';

/** `trilu import`: a GPT-2 that another tool has saved, as a model directory. */
export async function runImport({ source, out, json }: ImportOptions): Promise<void> {
  requireFree(out); // before what may take long
  const { model, notes, files } = await readForeignDirectory(source);
  await writeModelDirectory(out, files);
  const { config, weights, vocabulary } = model;
  const parameters = [...weights.values()].reduce((sum, { length }) => sum + length, 0);
  for (const note of notes) process.stderr.write(`${note}\n`);
  if (json === true) {
    const names = files.map(([name]) => name);
    process.stdout.write(
      `${JSON.stringify({ directory: out, parameters, config, characters: vocabulary !== undefined, files: names })}\n`,
    );
    return;
  }
  const { layers, heads, embedding, blockSize, vocabularySize } = config;
  process.stdout.write(
    `${config.model}: ${layers} layers, ${heads} heads, ${embedding} wide, block ${formatCount(blockSize)}, ${formatCount(vocabularySize)} tokens, ${formatCount(parameters)} parameters\n`,
  );
  const directory = shellWord(out);
  const prompt = vocabulary === undefined ? ' --token-ids 0,1' : '';
  process.stderr.write(
    `The model is in ${out}. Next:\n  npx trilu generate ${directory}${prompt}\n  npx trilu export ${directory} --program forward,decode\n`,
  );
}
