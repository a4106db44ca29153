import { type Command, Option } from 'commander';
import type { CommandDefinition } from '../command.ts';
import { addSettings, addTrainingArguments } from '../training-options.ts';
import type { TrainOptions } from '../training-plan.ts';

/** `train` alone can look for a learning rate. */
interface FindingOptions {
  readonly findLearningRate?: boolean;
}

export const trainCommand: CommandDefinition = {
  name: 'train',
  description: 'train a model on a text, or resume a run',
  register,
  complete,
};

function register(command: Command): void {
  addTrainingArguments(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu train gpt-nano --data book.txt --out runs/book
  trilu train bigram --steps 3000 --learning-rate 1e-2
  trilu train --preset nanogpt-cpu --data tinyshakespeare.txt
  trilu train gpt-nano --data book.txt --find-learning-rate
  trilu train --config runs/book/training.json --dropout 0.1 --out runs/book-dropout
  trilu train ./my-model.js --data book.txt --out runs/mine
  trilu train --resume runs/book --steps 4000

A configuration file has the long options' names with underscores: {"model": "gpt-nano", "learning_rate": 1e-3}.
Every run keeps its own as training.json. Ctrl-C saves the run; --resume goes on exactly where it stopped.
With a module of your own, the options are those of its model: trilu train ./my-model.js --help`,
    )
    .action(async (model: string | undefined, options: Omit<TrainOptions, 'model'> & FindingOptions) => {
      if (options.findLearningRate === true) {
        const { findLearningRate } = await import('../train/find-learning-rate.ts');
        await findLearningRate({ ...options, model });
      } else {
        const { trainAndPrint } = await import('../train/training-session.ts');
        await trainAndPrint({ ...options, model });
      }
    });
}

async function complete(command: Command, args: readonly string[]): Promise<void> {
  await addSettings(command, args);
  command.addOption(
    new Option('--find-learning-rate', 'try rising learning rates on this model and text, and suggest one').helpGroup(
      'Optimizer:',
    ),
  );
}
