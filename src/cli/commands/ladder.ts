import { type Command, InvalidArgumentError } from 'commander';
import type { CommandDefinition } from '../command.ts';
import type { LadderOptions } from '../ladder/climb-ladder.ts';
import { allStages, ladderStages } from '../ladder/ladder-stages.ts';
import { addJsonOption, addRunningOptions, positiveInteger, seed } from '../options.ts';

export const ladderCommand: CommandDefinition = {
  name: 'ladder',
  description: 'train each stage of the lecture, and compare its loss with the published one',
  register,
};

function register(command: Command): void {
  command
    .option('--data <file>', 'a UTF-8 text to train on (default: the embedded corpus)')
    .option('--out <directory>', 'the folder for the runs and the report', 'runs/ladder')
    .option(
      '--stages <names>',
      `stages, separated by commas: ${allStages.join(', ')} (default: ${ladderStages.join(',')})`,
      stageList,
    )
    .option('--steps <number>', "training steps of each stage (default: the lecture's)", positiveInteger)
    .option('--seed <number>', 'the seed of the random numbers (default: 1337)', seed);
  addJsonOption(command);
  addRunningOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu ladder --data tinyshakespeare.txt
  trilu ladder --data book.txt --stages bigram,head --steps 1000 --out runs/short

Trains each stage of the lecture with the settings of the preset lecture, and compares its loss with the published one.
A stage that is already trained is not trained again, and an interrupted one is resumed.`,
    )
    .action(async (options: LadderOptions) => {
      const { climbLadder } = await import('../ladder/climb-ladder.ts');
      await climbLadder(options);
    });
}

/** Parses names of stages; each is kept once, in the order of the ladder. */
function stageList(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !allStages.includes(name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`There is no stage '${unknown}'; choose from ${allStages.join(', ')}.`);
  }
  return allStages.filter((name) => names.includes(name));
}
