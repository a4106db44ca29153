import { type Command, InvalidArgumentError } from 'commander';
import { addJsonOption, addRunningOptions, positiveInteger, type RunningOptions, seed } from './options.ts';

/** The stages of the lecture that a CPU trains in a minute; its last, gpt, wants a GPU. */
export const ladderStages = ['bigram', 'head', 'multi-head', 'feed-forward', 'residual', 'layer-norm'] as const;

const allStages: readonly string[] = ['bigram', 'average', ...ladderStages.slice(1), 'gpt'];

/** What `ladder` takes. */
export interface LadderOptions extends RunningOptions {
  /** The text file; unset is the embedded corpus. */
  readonly data?: string;
  /** The folder that gets a run directory for each stage, and the report. */
  readonly out: string;
  /** Which stages; unset is `ladderStages`. */
  readonly stages?: readonly string[];
  /** Steps of each stage; unset is the lecture's. */
  readonly steps?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

/** Gives `ladder` its options; what it does is in actions/ladder.ts. */
export function register(command: Command): void {
  command
    .option('--data <file>', 'a UTF-8 text to learn (default: the embedded corpus)')
    .option('--out <directory>', 'where the runs and the report go', 'runs/ladder')
    .option(
      '--stages <names>',
      `stages with commas between, of ${allStages.join(', ')} (default: ${ladderStages.join(',')})`,
      stageList,
    )
    .option('--steps <number>', "steps of each stage (default: the lecture's)", positiveInteger)
    .option('--seed <number>', 'what random numbers start from (default: 1337)', seed);
  addJsonOption(command);
  addRunningOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  trilu ladder --data tinyshakespeare.txt
  trilu ladder --data book.txt --stages bigram,head --steps 1000 --out runs/short

Trains each stage of the lecture with the lecture's own settings (the preset lecture) and lays its loss beside the
published one. A stage that is trained already is not trained again, and one that was interrupted goes on.`,
    )
    .action(async (options: LadderOptions) => {
      const { runLadder } = await import('./actions/ladder.ts');
      await runLadder(options);
    });
}

/** Stages by name, with commas between; each is taken once, in the order of the ladder. */
function stageList(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !allStages.includes(name));
  if (unknown !== undefined) {
    throw new InvalidArgumentError(`There is no stage '${unknown}'; choose from ${allStages.join(', ')}.`);
  }
  return allStages.filter((name) => names.includes(name));
}
