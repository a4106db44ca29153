import { join, resolve } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pathToFileURL } from 'node:url';

/** How the command line ended, and what it said. */
export interface Outcome {
  /** The exit code. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const shell = resolve(import.meta.dirname, '../../dist/src/cli');

function load<Module>(name: string, folder: string): Promise<Module> {
  return import(pathToFileURL(join(folder, name)).href);
}

/** A stream that keeps what is written to it, and is no terminal. */
function keeper(kept: string[]): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Uint8Array, _encoding, done): void {
      kept.push(typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk));
      done();
    },
  });
}

/** Puts other things into the process's place for its streams while something runs. */
async function withStreams(streams: Readonly<Record<string, unknown>>, act: () => Promise<void>): Promise<void> {
  const own = Object.keys(streams).map((name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const);
  for (const [name, value] of Object.entries(streams))
    Object.defineProperty(process, name, { configurable: true, value });
  try {
    await act();
  } finally {
    for (const [name, descriptor] of own) Object.defineProperty(process, name, descriptor ?? {});
  }
}

let last: Promise<unknown> = Promise.resolve();

/**
 * Runs the built command line as its main.js does, but in this process, where it takes a tenth of the time: for what a command
 * does and says. What only a process shows (signals, pipes, that it ends by itself, what native code prints) has tests with
 * processes. Commands wait for each other, because the folder and the streams are the process's own.
 * @param cwd the folder that it runs in
 * @param folder where main.js stands
 */
export function inProcess(args: readonly string[], cwd: string, folder: string = shell): Promise<Outcome> {
  const outcome = last.then(() => run(args, cwd, folder));
  last = outcome.catch(() => undefined);
  return outcome;
}

async function run(args: readonly string[], cwd: string, folder: string): Promise<Outcome> {
  const { createCommandLine, wantsDebug } = await load<typeof import('../../src/cli/command-line.ts')>(
    'command-line.js',
    folder,
  );
  const { describeFailure } = await load<typeof import('../../src/cli/failure.ts')>('failure.js', folder);
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const streams = { stdin: Readable.from([]), stdout: keeper(stdout), stderr: keeper(stderr) };
  const before = process.cwd();
  let code = 0;
  process.chdir(cwd);
  try {
    await withStreams(streams, async () => {
      const program = createCommandLine();
      try {
        await program.parseAsync(args, { from: 'user' });
      } catch (error) {
        const { message, exitCode } = describeFailure(error, { debug: wantsDebug(program) });
        if (message !== '') stderr.push(`${message}\n`);
        code = exitCode;
      }
    });
  } finally {
    process.chdir(before);
  }
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}
