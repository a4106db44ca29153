import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import * as v from 'valibot';

/** How one side of a comparison is started. */
export interface PeerCommand {
  readonly program: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const greetingSchema = v.object({ about: v.string(), setup: v.number() });
const turnSchema = v.object({ times: v.array(v.number()), losses: v.array(v.number()) });

/** What a side says when it is ready: its versions in words, and how many seconds it took to get there. */
export type Greeting = v.InferOutput<typeof greetingSchema>;

/** One turn: milliseconds a step, one number for each group of steps, and the loss of each step. */
export type Turn = v.InferOutput<typeof turnSchema>;

/** Long enough for the worker threads of whoever just ran to stop waiting actively for more work. */
const rest = 50;

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

  /** Starts a side and waits until it is ready to run. */
  static async start({ program, arguments: given, environment = {} }: PeerCommand): Promise<Peer> {
    const child = spawn(program, given, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...environment },
    });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    return new Peer(child, lines, v.parse(greetingSchema, await answer(lines, program)));
  }

  /** Makes so many steps while the other side sleeps. */
  async run(steps: number): Promise<Turn> {
    this.#child.stdin?.write(`run ${steps}\n`);
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
