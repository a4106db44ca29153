import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import * as v from 'valibot';
import { type MemoryUse, memoryOf } from './memory.ts';

/** How one side of a comparison is started. */
export interface PeerCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const greetingSchema = v.object({ about: v.string(), setup: v.number(), baseline: v.optional(v.number()) });
const firstLineSchema = v.union([greetingSchema, v.object({ skipped: v.string() })]);

/**
 * What a side says when it is ready: its versions in words, how many seconds it took to get there, and how many bytes its process held
 * before it loaded the model.
 */
export type Greeting = v.InferOutput<typeof greetingSchema>;

/** A side that says of itself that it can't take part, and why. */
export class SkippedPeer extends Error {
  override readonly name: string = 'SkippedPeer';
}

/** Long enough for the worker threads of whoever just ran to stop waiting actively for more work, in milliseconds. */
const rest = 50;

/** How long a process may take to end by itself, in milliseconds. */
const patience = 2000;

/** One side of a comparison: a process that waits, asleep, for its turn. A line in is a command, a line out is its answer. */
export class Peer {
  readonly greeting: Greeting;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, greeting: Greeting) {
    this.#child = child;
    this.#lines = lines;
    this.greeting = greeting;
  }

  /**
   * Starts a side and waits until it is ready to run.
   * @throws SkippedPeer when it can't take part
   */
  static async start({ program, arguments: given, environment = {} }: PeerCommand): Promise<Peer> {
    const child = spawn(program, given, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    child.stdin.on('error', () => {}); // a process that ended is noticed by the answer that doesn't come
    const failed = once(child, 'error').then(([error]) => Promise.reject(error));
    failed.catch(() => {}); // heard of below, if it comes in time
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    try {
      const first = v.parse(firstLineSchema, await Promise.race([answer(lines, program), failed]));
      if ('skipped' in first) throw new SkippedPeer(first.skipped);
      return new Peer(child, lines, first);
    } catch (error) {
      child.kill();
      throw error;
    }
  }

  /** Has it do something while the other sides sleep. @param command a word and a number, such as `run 20` */
  async ask<Schema extends v.GenericSchema>(command: string, schema: Schema): Promise<v.InferOutput<Schema>> {
    this.#child.stdin?.write(`${command}\n`);
    const turn = v.parse(schema, await answer(this.#lines, this.greeting.about));
    await setTimeout(rest);
    return turn;
  }

  /** The most memory that it has held so far; undefined where the system doesn't tell. */
  memory(): Promise<MemoryUse | undefined> {
    return memoryOf(this.#child.pid ?? 0, this.greeting.baseline);
  }

  /** Ends the process. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    const late = setTimeout(patience, undefined, { ref: false }).then(() => this.#child.kill('SIGKILL'));
    await Promise.race([ended, late.then(() => ended)]);
  }
}

async function answer(lines: AsyncIterator<string>, who: string): Promise<unknown> {
  const line = await lines.next();
  if (line.done === true) throw new Error(`${who} ended before it answered`);
  return JSON.parse(line.value);
}
