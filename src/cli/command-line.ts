import { createRequire } from 'node:module';
import { Command } from 'commander';
import type { CommandDefinition } from './command.ts';
import { benchCommand } from './commands/bench.ts';
import { devicesCommand } from './commands/devices.ts';
import { evaluateCommand } from './commands/evaluate.ts';
import { exportCommand } from './commands/export.ts';
import { generateCommand } from './commands/generate.ts';
import { importCommand } from './commands/import.ts';
import { inspectCommand } from './commands/inspect.ts';
import { ladderCommand } from './commands/ladder.ts';
import { startCommand } from './commands/start.ts';
import { trainCommand } from './commands/train.ts';
import { UsageError } from './failure.ts';

/** All commands, in the order of the help. */
const commands: readonly CommandDefinition[] = [
  startCommand,
  trainCommand,
  exportCommand,
  importCommand,
  generateCommand,
  evaluateCommand,
  inspectCommand,
  ladderCommand,
  devicesCommand,
  benchCommand,
];

/**
 * The whole command line. Parsing throws a `UsageError` for wrong usage, commander's own error after help or version was shown,
 * and whatever a command throws.
 */
export function createCommandLine(): Command {
  const program = new Command('trilu')
    .description('Define, train, export and run a transformer as plain ONNX operators.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand(false)
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', '\nEvery command has a --help of its own. Exit codes: 0 done, 1 it failed, 2 wrong usage.');
  reportUsage(program);
  for (const { name, description, register } of commands) {
    const command = program.command(name).description(description);
    register(command);
    reportUsage(command);
  }
  const complete = async (command: Command, args: readonly string[]): Promise<void> => {
    await commands.find(({ name }) => name === command.name())?.complete?.(command, args);
    command.option('--debug', 'show the stack of an error');
  };
  // Commander's own `help` shows a command as it is before it is complete.
  const help = program.command('help').argument('[command]').description('show the help of a command');
  help.helpOption(false).allowUnknownOption().allowExcessArguments();
  help.action(async (name?: string) => {
    const command = program.commands.find((known) => known.name() === name && known !== help);
    if (command === undefined) return program.help({ error: name !== undefined });
    await complete(command, []);
    command.help();
  });
  reportUsage(help);
  program.hook('preSubcommand', async ({ args }, command) => {
    if (command !== help) await complete(command, args.slice(1));
  });
  return program;
}

/** Whether --debug was given to the command that ran. */
export function wantsDebug(program: Command): boolean {
  return program.commands.some((command) => command.opts<{ debug?: boolean }>().debug === true);
}

/** Turns commander's errors into a `UsageError` that names the command; those that end help and version pass as they are. */
function reportUsage(command: Command): void {
  const name = command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`;
  command.exitOverride((error) => {
    throw error.code.startsWith('commander.help') || error.exitCode === 0 ? error : new UsageError(error, name);
  });
}

/** The version in this package's package.json. */
function packageVersion(): string {
  const { version }: { version: string } = createRequire(import.meta.url)('trilu/package.json');
  return version;
}
