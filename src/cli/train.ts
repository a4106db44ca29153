import { type Command, Option } from 'commander';
import { addRunningOptions, numberParser, type RunningOptions } from './options.ts';
import { flagOf, type SettingRow, settingEntries, type TrainSettings } from './settings.ts';

/** What `train` and `start` take. */
export interface TrainOptions extends RunningOptions, TrainSettings {
  /** The model's name on the ladder. */
  readonly model: string | undefined;
  /** The text file; unset is the embedded corpus. */
  readonly data?: string;
  /** The run directory to write. */
  readonly out?: string;
  /** The run directory to go on with. */
  readonly resume?: string;
  /** A JSON file of settings; what is on the command line goes before it. */
  readonly config?: string;
  /** Whether event files for TensorBoard are written; unset is yes. */
  readonly tensorboard?: boolean;
}

/** `train` alone can look for a learning rate. */
interface FindingOptions {
  readonly findLearningRate?: boolean;
}

/** Gives `train` its options; what it does is in actions/train.ts. */
export function register(command: Command): void {
  addTrainingOptions(command)
    .addOption(
      new Option('--find-learning-rate', 'try rising learning rates on this model and text, and suggest one').helpGroup(
        'Optimizer (AdamW):',
      ),
    )
    .addHelpText(
      'after',
      `
Examples:
  trilu train gpt-nano --data book.txt --out runs/book
  trilu train bigram --steps 3000 --learning-rate 1e-2
  trilu train --preset nanogpt-cpu --data tinyshakespeare.txt
  trilu train gpt-nano --data book.txt --find-learning-rate
  trilu train --config runs/book/training.json --dropout 0.1 --out runs/book-dropout
  trilu train --resume runs/book --steps 4000

A configuration file has the long options' names with underscores: {"model": "gpt-nano", "learning_rate": 1e-3}.
Every run keeps its own as training.json. Ctrl-C saves the run; --resume goes on exactly where it stopped.`,
    )
    .action(async (model: string | undefined, options: Omit<TrainOptions, 'model'> & FindingOptions) => {
      if (options.findLearningRate === true) {
        const { runFindLearningRate } = await import('./actions/find-learning-rate.ts');
        await runFindLearningRate({ ...options, model });
      } else {
        const { runTrain } = await import('./actions/train.ts');
        await runTrain({ ...options, model });
      }
    });
}

/** Adds the argument and the options that `train` and `start` share. */
export function addTrainingOptions(command: Command): Command {
  command
    .argument('[model]', 'a model of the ladder: bigram, average, head, …, gpt-nano, gpt (default: gpt-nano)')
    .option('--data <file>', 'a UTF-8 text to learn (default: the embedded corpus)')
    .option('--out <directory>', 'the run directory to write (default: runs/<model>)')
    .option('--resume <directory>', 'go on with the run in this directory')
    .option('--config <file>', 'settings from a JSON file; the command line goes before it');
  for (const [name, row] of settingEntries()) for (const option of optionsOf(name, row)) command.addOption(option);
  command.addOption(new Option('--no-tensorboard', 'write no event files for TensorBoard').helpGroup('Reports:'));
  command.optionsGroup('Running:');
  return addRunningOptions(command);
}

/** A setting's options: a switch has two. */
function optionsOf(name: keyof TrainSettings, { group, description, values }: SettingRow): readonly Option[] {
  const flag = flagOf(name);
  const grouped = (option: Option): Option => (group === 'Run' ? option : option.helpGroup(`${group}:`));
  if (values.kind === 'switch') {
    return [grouped(new Option(flag, description)), grouped(new Option(flag.replace('--', '--no-'), values.off))];
  }
  const option = new Option(`${flag} <${values.argument ?? 'number'}>`, description);
  return [
    grouped(
      values.kind === 'choice' ? option.choices([...values.choices]) : option.argParser(numberParser(values.rule)),
    ),
  ];
}
