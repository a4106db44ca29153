import type { Machine } from './machine.ts';
import type { MemoryUse } from './memory.ts';
import type { Ratio, Summary } from './statistics.ts';

/** What one side took. */
export interface SideResult {
  /** A short name. */
  readonly side: string;
  /** What it is, in words. */
  readonly label: string;
  /** Its versions, in words. */
  readonly about: string;
  /** In the case's unit. */
  readonly time: Summary;
  /** The time of the case's first side, trilu's, by this one's: below 1, trilu is faster. */
  readonly ratio: Ratio;
  /** At the median. */
  readonly tokensPerSecond?: number;
  /** Model FLOPs utilisation: the share of the GEMM peak that the model's matrix products make up, at the median; from 0 to 1. */
  readonly utilization?: number;
  /** Bytes of weights that are read in each second, were each read once a token; at the median. */
  readonly weightBytesPerSecond?: number;
  readonly memory?: MemoryUse;
  /** How far its losses are from the first side's at most, over the first steps: it does the same work. */
  readonly lossDifference?: number;
  /** How many of the characters that it wrote are the first side's, up to the first one that is not. */
  readonly sameCharacters?: number;
  /** What else came out, in words. */
  readonly outcome?: string;
}

/** What was measured side by side: one model's work with one number of threads. */
export interface CaseResult {
  readonly subject: string;
  /** What the sides did, in words: `a training step of gpt-nano, batch 12`. */
  readonly work: string;
  readonly model: string;
  /** Unset where it is no matter of threads. */
  readonly threads?: number;
  /** What times are counted in: `ms a step`. */
  readonly unit: string;
  /** trilu's first. */
  readonly sides: readonly SideResult[];
  /** What ONNX Runtime's matrix products reach with as many threads, in GFLOP/s. */
  readonly gemmPeak?: number;
  /** What is worth telling besides. */
  readonly notes?: readonly string[];
}

/** A subject's results. */
export interface Report {
  readonly machine: Machine;
  /** What was asked for. */
  readonly settings: object;
  readonly cases: readonly CaseResult[];
  /** Who took no part, and why. */
  readonly absent: readonly string[];
}

/** Hears of what goes on while something is measured. */
export interface Listener {
  /** A line to be read. */
  readonly say: (line: string) => void;
  /** How much of a subject's work is done, from 0 to 1. */
  readonly advance?: (done: number) => void;
}

/** Notes who takes no part, and why; tells it the first time. */
export function noteAbsent(absent: Set<string>, reasons: readonly string[], { say }: Listener): void {
  for (const reason of reasons) {
    if (!absent.has(reason)) say(`SKIPPED: ${reason}.`);
    absent.add(reason);
  }
}
