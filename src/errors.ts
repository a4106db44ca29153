/**
 * A mistake in what the user gave (a flag, a file, a tensor, a character), told in one sentence: what was wrong, where, what to do.
 * The command line prints the message alone and exits with `exitCode`.
 */
export class UserError extends Error {
  override readonly name: string = 'UserError';
  /** 2 when the command was used wrongly (an unknown flag, an impossible value), 1 when it failed on its input. */
  readonly exitCode: 1 | 2;

  constructor(message: string, options: { exitCode?: 1 | 2; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.exitCode = options.exitCode ?? 1;
  }
}
