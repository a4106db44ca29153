import { CommanderError } from 'commander';
import { UserError } from '../errors.ts';

/** How a command failed: the line for stderr and the exit code. */
export interface Failure {
  readonly message: string;
  /** 1: it failed; 2: wrong usage; 0: help or version, which commander reports as errors too. */
  readonly exitCode: 0 | 1 | 2;
}

/** Wrong usage, as commander found it: one sentence, and the --help that shows the right usage. */
export class UsageError extends UserError {
  override readonly name: string = 'UsageError';

  constructor(error: CommanderError, command: string) {
    super(`${sentence(error.message)} Try: ${command} --help`, { exitCode: 2, cause: error });
  }
}

/**
 * What to tell the user about an error of any kind.
 * @param debug adds its stack, and the stack of each cause
 */
export function describeFailure(error: unknown, { debug }: { readonly debug: boolean }): Failure {
  if (error instanceof CommanderError) return { message: '', exitCode: error.exitCode === 0 ? 0 : 2 };
  const stack = debug ? `\n${stackOf(error)}` : '';
  if (error instanceof UserError) return { message: `trilu: ${error.message}${stack}`, exitCode: error.exitCode };
  const hint = debug ? '' : ' (run again with --debug for the stack)';
  return { message: `trilu: ${oneLine(messageOf(error))}${hint}${stack}`, exitCode: 1 };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\nCaused by: ${stackOf(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/** Turns commander's "error: unknown option '--stesp'\n(Did you mean --steps?)" into one sentence. */
function sentence(message: string): string {
  const text = oneLine(message.replace(/^error: /, ''));
  const ended = /[.?)]$/.test(text) ? text : `${text}.`;
  return ended.charAt(0).toUpperCase() + ended.slice(1);
}
