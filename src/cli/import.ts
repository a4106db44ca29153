import type { Command } from 'commander';
import { addJsonOption } from './options.ts';

/** What `import` takes. */
export interface ImportOptions {
  /** The folder that another tool has saved. */
  readonly source: string;
  /** The folder to write into. */
  readonly out: string;
  readonly json?: boolean;
}

/** Gives `import` its options; what it does is in actions/import.ts. */
export function register(command: Command): void {
  command
    .argument('<source>', 'a folder with the config.json and the safetensors weights of a GPT-2')
    .requiredOption('--out <directory>', 'the folder to write the model directory into');
  addJsonOption(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu import downloads/gpt2 --out models/gpt2
  trilu export models/gpt2 --program forward,decode

Weights are read from model.safetensors, or from the parts that model.safetensors.index.json lists. The tokenizer's
files are copied. Unless it is one of single characters, the model takes and gives token ids here, not text.`,
    )
    .action(async (source: string, options: Omit<ImportOptions, 'source'>) => {
      const { runImport } = await import('./actions/import.ts');
      await runImport({ ...options, source });
    });
}
