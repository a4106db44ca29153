#!/usr/bin/env node
import { fileError } from '../storage/system-error.ts';
import { createCommandLine, wantsDebug } from './command-line.ts';
import { describeFailure } from './failure.ts';

/** After a command has failed, the milliseconds that what still runs (a worker, a session) may keep the process alive. */
const exitDelay = 2000;

/** When the reader of a pipe is gone (`trilu generate … | head`), nothing is wrong; a full disk is an error. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') fail(fileError(error, 'write', 'standard output'));
  process.exit();
});

/** When the reader of the progress is gone (Ctrl-C ends `| tee log` too), training goes on, to save the run when it stops. */
process.stderr.on('error', () => {});

const program = createCommandLine();
try {
  await program.parseAsync(process.argv);
} catch (error) {
  fail(error);
  setTimeout(() => process.exit(), exitDelay).unref();
}

function fail(error: unknown): void {
  const { message, exitCode } = describeFailure(error, { debug: wantsDebug(program) });
  if (message !== '') process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
