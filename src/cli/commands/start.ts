import type { Command } from 'commander';
import type { CommandDefinition } from '../command.ts';
import { addSettings, addTrainingArguments } from '../training-options.ts';
import type { TrainOptions } from '../training-plan.ts';

export const startCommand: CommandDefinition = {
  name: 'start',
  description: 'train a small GPT, export it and generate text with it, in about two minutes',
  register,
  complete: addSettings,
};

function register(command: Command): void {
  addTrainingArguments(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu start
  trilu start --data book.txt --steps 500

Trains gpt-nano, exports its programs and prints a passage generated from the exported file.`,
    )
    .action(async (model: string | undefined, options: Omit<TrainOptions, 'model'>) => {
      const { trainExportAndWrite } = await import('../first-model.ts');
      await trainExportAndWrite({ ...options, model });
    });
}
