import type { Command } from 'commander';
import type { CommandDefinition } from '../command.ts';
import { formatCount, shellWord } from '../format.ts';
import { addJsonOption } from '../options.ts';

/** What `import` takes. */
interface ImportOptions {
  /** The folder that another tool saved. */
  readonly source: string;
  /** The folder to write into. */
  readonly out: string;
  readonly json?: boolean;
}

export const importCommand: CommandDefinition = {
  name: 'import',
  description: 'turn a GPT-2 saved by another tool into a model directory',
  register,
};

function register(command: Command): void {
  command
    .argument('<source>', 'a folder with config.json and safetensors weights of a GPT-2')
    .requiredOption('--out <directory>', 'the model directory to write');
  addJsonOption(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu import downloads/gpt2 --out models/gpt2
  trilu export models/gpt2 --program forward,decode

Weights are read from model.safetensors, or from the files that model.safetensors.index.json lists. The files of the
tokenizer are copied. If its tokens are not single characters, trilu reads and writes token ids instead of text.`,
    )
    .action((source: string, options: Omit<ImportOptions, 'source'>) => importModel({ ...options, source }));
}

/** Reads a GPT-2 saved by another tool, and writes it as a model directory. */
async function importModel({ source, out, json }: ImportOptions): Promise<void> {
  const { readForeignDirectory, requireFree, writeModelDirectory } = await import('../../runs/run-directory.ts');
  requireFree(out); // before the slow part
  const { model, notes, files } = await readForeignDirectory(source);
  await writeModelDirectory(out, files);
  const { model: imported, weights, tokenizer } = model;
  const parameters = [...weights.values()].reduce((sum, { length }) => sum + length, 0);
  for (const note of notes) process.stderr.write(`${note}\n`);
  if (json === true) {
    const { block: blockSize, ...settings } = imported.settings;
    const config = { model: imported.name, vocabularySize: imported.vocabulary, blockSize, ...settings };
    const names = files.map(([name]) => name);
    process.stdout.write(
      `${JSON.stringify({ directory: out, parameters, config, characters: tokenizer !== undefined, files: names })}\n`,
    );
    return;
  }
  const { layers, heads, embedding } = imported.settings;
  process.stdout.write(
    `${imported.name}: ${layers} layers, ${heads} heads, ${embedding} wide, block ${formatCount(imported.block)}, ${formatCount(imported.vocabulary)} tokens, ${formatCount(parameters)} parameters\n`,
  );
  const directory = shellWord(out);
  const prompt = tokenizer === undefined ? ' --token-ids 0,1' : '';
  process.stderr.write(
    `The model is in ${out}. Next:\n  npx trilu generate ${directory}${prompt}\n  npx trilu export ${directory} --program forward,decode\n`,
  );
}
