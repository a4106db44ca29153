import { createRequire } from 'node:module';
import { Command } from 'commander';
import { register as bench } from './bench.ts';
import { register as devices } from './devices.ts';
import { UsageError } from './errors.ts';
import { register as evaluate } from './evaluate.ts';
import { register as exportCommand } from './export.ts';
import { register as generate } from './generate.ts';
import { register as importCommand } from './import.ts';
import { register as inspect } from './inspect.ts';
import { register as ladder } from './ladder.ts';
import { register as start } from './start.ts';
import { register as train } from './train.ts';

/** One command of trilu. Its file holds its options and loads what it does only when it runs, so that help is quick. */
interface CommandRow {
  readonly name: string;
  readonly description: string;
  /** Gives the command its arguments, options, examples and action. */
  readonly register: (command: Command) => void;
}

const commands: readonly CommandRow[] = [
  {
    name: 'start',
    description: 'train a small GPT, export it and let it write, in about two minutes',
    register: start,
  },
  { name: 'train', description: 'train a model on a text, or resume a run', register: train },
  { name: 'export', description: 'write the .onnx files of models', register: exportCommand },
  {
    name: 'import',
    description: 'read a GPT-2 that another tool has saved into a model directory',
    register: importCommand,
  },
  { name: 'generate', description: 'continue a prompt with a trained model', register: generate },
  { name: 'evaluate', description: 'measure the loss of a trained model on a text', register: evaluate },
  { name: 'inspect', description: 'tell what is in an .onnx file or a model directory', register: inspect },
  {
    name: 'ladder',
    description: 'train each stage of the lecture, and lay its loss beside the published one',
    register: ladder,
  },
  { name: 'devices', description: 'list what models can run on here, and why the rest is missing', register: devices },
  { name: 'bench', description: 'measure speed side by side with other tools', register: bench },
];

/**
 * The whole command line. Parsing throws: a `UsageError` for what it can't accept, commander's own error after help or
 * version were shown, and whatever a command's action throws.
 */
export function createProgram(): Command {
  const program = new Command('trilu')
    .description('Define, train, export and run a transformer as plain ONNX operators.')
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .configureOutput({ outputError: () => {} })
    .addHelpText('after', '\nEvery command has a --help of its own. Exit codes: 0 done, 1 it failed, 2 wrong usage.');
  reportUsage(program);
  for (const { name, description, register } of commands) {
    const command = program.command(name).description(description);
    register(command);
    command.option('--debug', 'show the stack of an error');
    reportUsage(command);
  }
  return program;
}

/** Whether the command that was run was given --debug. */
export function wantsDebug(program: Command): boolean {
  return program.commands.some((command) => command.opts<{ debug?: boolean }>().debug === true);
}

/** Makes what commander can't accept a `UsageError` that names the command; help and version pass as they are. */
function reportUsage(command: Command): void {
  const name = command.parent === null ? command.name() : `${command.parent.name()} ${command.name()}`;
  command.exitOverride((error) => {
    throw error.code.startsWith('commander.help') || error.exitCode === 0 ? error : new UsageError(error, name);
  });
}

/** The version that this package's package.json says. */
function packageVersion(): string {
  const { version }: { version: string } = createRequire(import.meta.url)('trilu/package.json');
  return version;
}
