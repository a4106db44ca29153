import type { Command } from 'commander';
import { addTrainingOptions, type TrainOptions } from './train.ts';

/** Gives `start` the options of `train`; what it does is in actions/start.ts. */
export function register(command: Command): void {
  addTrainingOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu start
  trilu start --data book.txt --steps 500

Trains gpt-nano, exports its programs and prints a passage generated from the exported file.`,
    )
    .action(async (model: string | undefined, options: Omit<TrainOptions, 'model'>) => {
      const { runStart } = await import('./actions/start.ts');
      await runStart({ ...options, model });
    });
}
