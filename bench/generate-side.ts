import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import * as v from 'valibot';
import type { PeerCommand } from './peer.ts';

const greetingSchema = v.object({ about: v.string(), setup: v.number() });
const turnSchema = v.object({ times: v.array(v.number()), tokens: v.array(v.number()) });

/** What a side says when it is ready: its versions in words, and how many seconds it took to get there. */
export type Greeting = v.InferOutput<typeof greetingSchema>;

/** One turn: milliseconds a token (or a prefill), one number for each repetition, and the ids that the last one wrote. */
export type GenerateTurn = v.InferOutput<typeof turnSchema>;

/** What a side can be told to do: to write, timed from the first character on; or to read a whole block. */
export type GenerateWork = 'decode' | 'prefill';

/** Long enough for the worker threads of whoever just ran to stop waiting actively for more work. */
const rest = 50;

/** The fewest repetitions of a turn, however long they take. */
const fewest = 3;

/** One side of the comparison: a process that waits, asleep, for its turn. A line in is a command, a line out is its answer. */
export class GenerateSide {
  readonly greeting: Greeting;
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess, lines: AsyncIterator<string>, greeting: Greeting) {
    this.#child = child;
    this.#lines = lines;
    this.greeting = greeting;
  }

  /** Starts a side and waits until it is ready to run. */
  static async start({ program, arguments: given, environment = {} }: PeerCommand): Promise<GenerateSide> {
    const child = spawn(program, given, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new GenerateSide(child, lines, v.parse(greetingSchema, await answer(lines, program)));
  }

  /** Works for so many milliseconds while the other sides sleep. */
  async take(work: GenerateWork, milliseconds: number): Promise<GenerateTurn> {
    this.#child.stdin?.write(`${work} ${milliseconds}\n`);
    const turn = v.parse(turnSchema, await answer(this.#lines, this.greeting.about));
    await setTimeout(rest);
    return turn;
  }

  /** Ends the process. */
  stop(): void {
    this.#child.stdin?.end();
  }
}

async function answer(lines: AsyncIterator<string>, who: string): Promise<unknown> {
  const line = await lines.next();
  if (line.done === true) throw new Error(`${who} ended before it answered`);
  return JSON.parse(line.value);
}

/** Does a piece of work once: milliseconds a token (or a prefill), and the ids written. */
export type Measure = () => Promise<{ readonly milliseconds: number; readonly tokens: readonly number[] }>;

/** Answers commands until there are no more: what a side's own process does once it is ready. */
export async function answerCommands(
  about: string,
  measures: Readonly<Partial<Record<GenerateWork, Measure>>>,
): Promise<void> {
  const tell = (message: Greeting | GenerateTurn): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
  tell({ about, setup: performance.now() / 1000 });
  for await (const line of createInterface({ input: process.stdin })) {
    const [work, milliseconds] = line.split(' ');
    const measure = work === 'decode' || work === 'prefill' ? measures[work] : undefined;
    if (measure === undefined) throw new TypeError(`${about} can't ${work}`);
    const turn: GenerateTurn = { times: [], tokens: [] };
    const start = performance.now();
    while (turn.times.length < fewest || performance.now() - start < Number(milliseconds)) {
      const measured = await measure();
      turn.times.push(measured.milliseconds);
      turn.tokens = [...measured.tokens];
    }
    tell(turn);
  }
}
