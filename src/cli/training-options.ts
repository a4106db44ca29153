import { Command, CommanderError, Option } from 'commander';
import { UserError } from '../errors.ts';
import type { Model } from '../model/index.ts';
import { flagOf } from '../settings/names.ts';
import { addRunningOptions, numberParser } from './options.ts';
import type { SettingRow } from './setting-row.ts';

/** Adds the argument and the options that `train` and `start` share, but for the settings. */
export function addTrainingArguments(command: Command): Command {
  return command
    .argument(
      '[model]',
      'a model of the ladder: bigram, average, head, …, gpt-nano, gpt (default: gpt-nano), or the path of a module that exports `model`',
    )
    .option('--data <file>', 'a UTF-8 text to train on (default: the embedded corpus)')
    .option('--out <directory>', 'the run directory to write (default: runs/<model>)')
    .option('--resume <directory>', 'continue the run in this directory')
    .option('--config <file>', 'settings from a JSON file; command-line options override it');
}

/**
 * Adds an option for each setting. They come from what models and optimizers say of themselves, which takes a moment to load; a module
 * of the user's own among the arguments has settings of its own.
 */
export async function addSettings(command: Command, args: readonly string[]): Promise<void> {
  const { settingEntries } = await import('./settings.ts');
  const { isModulePath, loadModelModule } = await import('./model-module.ts');
  const { modelInConfig } = await import('./config-file.ts');
  const { words, config } = read(args);
  const module = words.find(isModulePath);
  const chosen = module === undefined ? await modelInConfig(config) : await loadModelModule(module);
  if (chosen !== undefined) refuseOtherOptions(chosen.model, command);
  const models = chosen === undefined ? undefined : [chosen.model];
  for (const [name, row] of settingEntries(models))
    for (const option of optionsOf(name, row)) command.addOption(option);
  command.addOption(new Option('--no-tensorboard', 'write no event files for TensorBoard').helpGroup('Reports:'));
  command.optionsGroup('Running:');
  addRunningOptions(command);
}

/** Reads arguments before the settings are known: what is no option nor the value of one of the others, and the configuration file. */
function read(args: readonly string[]): { readonly words: readonly string[]; readonly config: string | undefined } {
  const command = addRunningOptions(addTrainingArguments(new Command())).exitOverride();
  command.configureOutput({ writeErr: () => {} });
  try {
    const { operands, unknown } = command.parseOptions([...args]);
    const words = [...operands, ...unknown.filter((word) => !word.startsWith('-'))];
    return { words, config: command.opts<{ config?: string }>().config };
  } catch (cause) {
    if (cause instanceof CommanderError) return { words: [], config: undefined }; // whoever reads them in full tells what is wrong
    throw cause;
  }
}

/** @throws UserError for a setting of a model that is called as an option which is no setting */
function refuseOtherOptions({ name, settings }: Model, command: Command): void {
  const others = [...command.options, ...addRunningOptions(new Command()).options].map((option) =>
    option.attributeName(),
  );
  const names = [...others, 'tensorboard', 'findLearningRate', 'debug', 'help'];
  const taken = Object.keys(settings).find((setting) => names.includes(setting));
  if (taken === undefined) return;
  throw new UserError(
    `${name} has a setting called "${taken}", which is another option already: give it another name.`,
    {
      exitCode: 2,
    },
  );
}

/** A setting's options: a switch has two. */
function optionsOf(name: string, { group, description, values }: SettingRow): readonly Option[] {
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
