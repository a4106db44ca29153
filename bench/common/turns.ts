import type { Contestant } from './contestants.ts';
import type { MemoryUse } from './memory.ts';
import { type Greeting, Peer, SkippedPeer } from './peer.ts';
import type { Listener, SideResult } from './report.ts';
import { ratioOf, type Summary, summarize } from './statistics.ts';

/** What a side answers: how long each repetition took, and what else the subject wants to know. */
export interface Turn {
  readonly times: readonly number[];
}

export interface TurnsOptions<Answer extends Turn> {
  readonly contestants: readonly Contestant[];
  /** How often each side has its turn, after a first one that doesn't count. */
  readonly rounds: number;
  /** What a side does before the first round, if anything; a turn can go by what it said. */
  readonly warmUp?: (peer: Peer) => Promise<Answer>;
  /** One turn of a side. */
  readonly turn: (peer: Peer, warmUp: Answer | undefined) => Promise<Answer>;
  /** The heading of what is told on the way. */
  readonly name: string;
  readonly listener: Listener;
  /** Which part of the subject's work this is, from 0 to 1. */
  readonly part?: readonly [from: number, to: number];
}

/** What a side did in all its turns. */
export interface Measured<Answer extends Turn> {
  readonly contestant: Contestant;
  readonly greeting: Greeting;
  /** In order, warm-ups included. */
  readonly answers: readonly Answer[];
  /** Of the turns that count. */
  readonly time: Summary;
  readonly memory?: MemoryUse;
}

/** What came of it, trilu's side first; and why who is missing is. */
export interface Turns<Answer extends Turn> {
  readonly measured: readonly Measured<Answer>[];
  readonly absent: readonly string[];
}

interface Running<Answer> {
  readonly contestant: Contestant;
  readonly peer: Peer;
  readonly answers: Answer[];
  readonly times: number[];
  warmUp?: Answer;
}

/**
 * Has sides take turns, A B A B, each in a process of its own that sleeps while the others run. A side that can't go on is left
 * out, and told of; without trilu's, the first, there is nothing to compare.
 */
export async function takeTurns<Answer extends Turn>(options: TurnsOptions<Answer>): Promise<Turns<Answer>> {
  const { contestants, rounds, turn, warmUp, name, listener, part = [0, 1] } = options;
  const absent: string[] = [];
  const running: Running<Answer>[] = [];
  const [first] = contestants;
  /** Does something of a side's; undefined when the side can't. */
  const attempt = async <Result>({ label, side }: Contestant, does: () => Promise<Result>) => {
    try {
      return await does();
    } catch (error) {
      if (side === first?.side) throw error;
      const isSkipped = error instanceof SkippedPeer;
      const reason = error instanceof Error ? error.message : String(error);
      const sentence = isSkipped ? reason : `${label} failed: ${reason}`;
      absent.push(sentence);
      listener.say(`${isSkipped ? 'SKIPPED' : 'FAILED'}: ${sentence}`);
      return undefined;
    }
  };
  try {
    for (const contestant of contestants) {
      const peer = await attempt(contestant, () => Peer.start(contestant.command));
      if (peer === undefined) continue;
      running.push({ contestant, peer, answers: [], times: [] });
      const { about, setup } = peer.greeting;
      listener.say(`${name}: ${contestant.label} (${about}), ready after ${setup.toFixed(1)} s`);
    }
    /** One round of the sides that have not had all their turns; sides that fail drop out. */
    const round = async (index: number, act: (one: Running<Answer>) => Promise<Answer>): Promise<void> => {
      const told: string[] = [];
      for (const one of [...running]) {
        const { contestant, peer, answers } = one;
        if (index > (contestant.turns ?? rounds)) continue;
        const answer = await attempt(contestant, () => act(one));
        if (answer === undefined) {
          running.splice(running.indexOf(one), 1);
          await peer.stop();
          continue;
        }
        answers.push(answer);
        if (index > 0) one.times.push(...answer.times);
        told.push(`${contestant.side} ${summarize(answer.times).median.toPrecision(3)}`);
      }
      listener.say(`${name}, ${index > 0 ? `round ${index} of ${rounds}` : 'warm-up'}: ${told.join(' | ')}`);
      listener.advance?.(part[0] + ((part[1] - part[0]) * (Math.max(0, index) + 1)) / (rounds + 1));
    };
    if (warmUp !== undefined) {
      await round(-1, async (one) => {
        one.warmUp = await warmUp(one.peer);
        return one.warmUp;
      });
    }
    for (let index = 0; index <= rounds; index++) await round(index, (one) => turn(one.peer, one.warmUp));
    const measured: Measured<Answer>[] = [];
    for (const { contestant, peer, answers, times } of running) {
      const memory = await peer.memory();
      const known = memory === undefined ? {} : { memory };
      measured.push({ contestant, greeting: peer.greeting, answers, time: summarize(times), ...known });
    }
    return { measured, absent };
  } finally {
    await Promise.all(running.map(({ peer }) => peer.stop()));
  }
}

/** What a subject knows of a side besides its times and memory. */
export type SideDetails = Omit<SideResult, 'side' | 'label' | 'about' | 'time' | 'ratio' | 'memory'>;

/** The sides beside the first of them. @param details what else is to be told of a side */
export function sideResults<Answer extends Turn>(
  measured: readonly Measured<Answer>[],
  details: (one: Measured<Answer>, ours: Measured<Answer>) => SideDetails,
): SideResult[] {
  const [ours] = measured;
  if (ours === undefined) throw new Error('trilu was not measured');
  return measured.map((one) => {
    const { contestant, greeting, time, memory } = one;
    return {
      side: contestant.side,
      label: contestant.label,
      about: greeting.about,
      time,
      ratio: ratioOf(ours.time, time),
      ...(memory === undefined ? {} : { memory }),
      ...details(one, ours),
    };
  });
}
