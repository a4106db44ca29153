#!/usr/bin/env node
import { fileError } from '../storage/system-error.ts';
import { describeFailure } from './errors.ts';
import { createProgram, wantsDebug } from './program.ts';

/** How long leftovers (a worker, a session) may keep the process alive after a command failed, in milliseconds. */
const PATIENCE = 2000;

/** A reader that went away (`trilu generate … | head`) wants no more output: nothing is wrong. A full disk is. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') fail(fileError(error, 'write', 'standard output'));
  process.exit();
});

/** Whoever read the progress went away (Ctrl-C ends `| tee log` too): training goes on, and saves when it is asked to stop. */
process.stderr.on('error', () => {});

const program = createProgram();
try {
  await program.parseAsync(process.argv);
} catch (error) {
  fail(error);
  setTimeout(() => process.exit(), PATIENCE).unref();
}

function fail(error: unknown): void {
  const { message, exitCode } = describeFailure(error, { debug: wantsDebug(program) });
  if (message !== '') process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
