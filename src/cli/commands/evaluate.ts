import { type Command, Option } from 'commander';
import type { CommandDefinition } from '../command.ts';
import type { EvaluateOptions, Split } from '../measure-loss.ts';
import { addJsonOption, addModelOption, addRunningOptions } from '../options.ts';

const splits: readonly Split[] = ['validation', 'training', 'all'];

export const evaluateCommand: CommandDefinition = {
  name: 'evaluate',
  description: 'measure the loss of a trained model on a text',
  register,
};

function register(command: Command): void {
  command
    .argument('<source>', 'a model or run directory')
    .option('--data <file>', 'a UTF-8 text (default: the embedded corpus)')
    .addOption(
      new Option('--split <part>', 'the part of the text to evaluate on').choices(splits).default('validation'),
    );
  addModelOption(command);
  addJsonOption(command);
  addRunningOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu evaluate runs/book --data book.txt
  trilu evaluate runs/book --data another.txt --split all --json

The loss is the mean cross-entropy in nats. --json prints one object with the key "loss".`,
    )
    .action(async (source: string, options: Omit<EvaluateOptions, 'source'>) => {
      const { measureLoss } = await import('../measure-loss.ts');
      await measureLoss({ ...options, source });
    });
}
