import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll } from 'vitest';
import { inProcess, type Outcome } from './in-process.ts';

/** The built command line, as users run it. */
export const main: string = resolve(import.meta.dirname, '../../dist/src/cli/main.js');

/** How a process ended, and what it said. */
export interface Ending extends Omit<Outcome, 'code'> {
  /** The exit code; null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface CommandOptions {
  /** The folder it runs in. */
  readonly cwd: string;
}

export interface ProcessOptions extends CommandOptions {
  /** Piped into its standard input; undefined is no standard input at all. */
  readonly input?: string | Uint8Array;
}

/** A command that is under way. */
export interface Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ending>;
}

/** Starts the built command line as a process of its own. */
export function startTrilu(args: readonly string[], { cwd, input }: ProcessOptions): Running {
  const child = spawn(process.execPath, [main, ...args], {
    cwd,
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  const ended = new Promise<Ending>((settle, reject) => {
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', reject);
    child.on('close', (code, signal) => settle({ code, signal, stdout, stderr }));
  });
  child.stdin?.end(input);
  return { process: child, ended };
}

/** Runs the built command line as a process of its own, to its end. */
export function runTrilu(args: readonly string[], options: ProcessOptions): Promise<Ending> {
  return startTrilu(args, options).ended;
}

/** Runs the built command line in this process; see `inProcess`. */
export function trilu(args: readonly string[], { cwd }: CommandOptions): Promise<Outcome> {
  return inProcess(args, cwd);
}

/** Runs a command that must succeed, in this process. @returns its standard output */
export async function succeed(args: readonly string[], options: CommandOptions): Promise<string> {
  return outputOf(await trilu(args, options), args);
}

/** Runs a command that must succeed as a process of its own. @returns its standard output */
export async function succeedAlone(args: readonly string[], options: ProcessOptions): Promise<string> {
  return outputOf(await runTrilu(args, options), args);
}

function outputOf(ending: Ending | Outcome, args: readonly string[]): string {
  const { code, stdout, stderr } = ending;
  if (code === 0) return stdout;
  const how = 'signal' in ending ? (code ?? ending.signal) : code;
  throw new Error(`trilu ${args.join(' ')} ended with ${how}: ${stderr}`);
}

/** Waits until something is so. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await delay(10);
}

/** Waits until a file is there. */
export function untilFile(...path: readonly string[]): Promise<void> {
  return until(() => existsSync(join(...path)));
}

/** An empty folder for the tests of one file, removed after them. */
export function sharedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'trilu-command-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * The smallest GPT that still has everything; on the CPU, whose results repeat to the last bit, and on one thread: more would only
 * wait for each other.
 */
export const smallModel: readonly string[] = [
  ...['--layers', '1', '--heads', '2', '--embedding', '16', '--block', '8', '--batch', '2'],
  ...['--device', 'cpu', '--threads', '1'],
];

/** Nothing reported but steps, and only the last checkpoint. */
export const quiet: readonly string[] = ['--eval-every', '0', '--sample-every', '0', '--checkpoint-every', '0'];

/** A text of some words over and over, in an order that is always the same. */
export function writeText(
  path: string,
  { words = 'the old captain saw a white whale off the coast , and the crew sang .', length = 6000 } = {},
): void {
  const all = words.split(' ');
  const chosen: string[] = [];
  let size = 0;
  for (let state = 7; size < length; state = (state * 1103515245 + 12345) % 2 ** 31) {
    const word = all[(state >> 8) % all.length] ?? '';
    chosen.push(word);
    size += word.length + 1;
  }
  writeFileSync(path, `${chosen.join(' ').replaceAll(' . ', '.\n')}\n`);
}
