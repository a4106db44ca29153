import type { Command } from 'commander';

/** One command of trilu. Its file loads what does the work only when the command runs, so that --help is quick. */
export interface CommandDefinition {
  readonly name: string;
  readonly description: string;
  /** Gives the command its arguments, options, examples and action. */
  readonly register: (command: Command) => void;
  /** Adds the options that take a moment to load, once the command was asked for. @param args what follows its name */
  readonly complete?: (command: Command, args: readonly string[]) => Promise<void>;
}
