import { createInterface } from 'node:readline';
import type { Greeting } from './peer.ts';

/** A side of a comparison that is ready to run. */
export interface Side {
  /** Its versions, in words. */
  readonly about: string;
  /** What it does at each command, by the command's word; the number is the command's. */
  readonly answers: Readonly<Record<string, (amount: number) => Promise<object>>>;
}

/**
 * What the process of a side in JavaScript is: it loads what it needs, says that it is ready, answers commands until there are no
 * more, and ends.
 * @param load makes the model ready; all libraries should be imported before, for the memory that they take is counted apart
 */
export async function serveSide(load: () => Promise<Side>): Promise<void> {
  const baseline = process.memoryUsage.rss();
  const { about, answers } = await load();
  const greeting: Greeting = { about, setup: performance.now() / 1000, baseline };
  tell(greeting);
  for await (const line of createInterface({ input: process.stdin })) {
    const [word = '', amount] = line.split(' ');
    const respond = answers[word];
    if (respond === undefined) throw new TypeError(`${about} can't ${word}`);
    tell(await respond(Number(amount)));
  }
  process.exit(0);
}

function tell(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

/** Does a piece of work once: milliseconds a token (or for all of it), and the ids that came out. */
export type Measure = () => Promise<{ readonly milliseconds: number; readonly tokens: readonly number[] }>;

/** The fewest repetitions of a turn, however long they take. */
const fewest = 3;

/** Repeats a piece of work for so many milliseconds. */
export function repeated(
  measure: Measure,
): (milliseconds: number) => Promise<{ times: number[]; tokens: readonly number[] }> {
  return async (milliseconds) => {
    const times: number[] = [];
    let tokens: readonly number[] = [];
    const start = performance.now();
    while (times.length < fewest || performance.now() - start < milliseconds) {
      const measured = await measure();
      times.push(measured.milliseconds);
      tokens = measured.tokens;
    }
    return { times, tokens };
  };
}
