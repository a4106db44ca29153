import { existsSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Peer, type PeerCommand, type Turn } from './peer.ts';
import { type Summary, summarize } from './statistics.ts';
import { measuredModel, type Workload, withWorkload } from './workload.ts';

/** What `bench train` measures. */
export interface TrainBench extends Omit<Workload, 'threads'> {
  /** Numbers of threads, one after another. */
  readonly threads: readonly number[];
  /** How often the sides take turns. */
  readonly rounds: number;
}

export const trainBenchDefaults: TrainBench = {
  model: 'gpt-nano',
  batch: 12,
  threads: [2, 1],
  rounds: 10,
  stepsPerRun: 10,
};

/** The result for one number of threads: milliseconds a step. */
export interface TrainResult {
  readonly threads: number;
  readonly trilu: Summary;
  /** Absent where PyTorch is. */
  readonly torch?: Summary;
  /** trilu's time by PyTorch's: below 1, trilu is faster. */
  readonly ratio?: { readonly median: number; readonly minimum: number };
  readonly tokensPerSecond: number;
  /** The largest difference between the two sides' losses in the warm-up, step by step: they do the same work. */
  readonly lossDifference?: number;
}

export interface TrainReport {
  readonly cpu: string;
  /** How many processes wanted to run in the minute before: other work blurs what is measured, most of all with many threads. */
  readonly load: number;
  readonly sides: readonly string[];
  readonly bench: TrainBench;
  readonly results: readonly TrainResult[];
}

/** The fewest steps of a turn, so that caches and clocks belong to the side whose turn it is. */
const fewestSteps = 20;

/** A load average above which a machine is not at rest. */
const busy = 0.5;

/** Debian's Python and what PyTorch needs beside it; with other builds of OpenBLAS it has been measured to be 4 times slower. */
const debian = {
  python: '/usr/bin/python3',
  torch: '/usr/lib/python3/dist-packages/torch/__init__.py',
  blas: '/usr/lib/x86_64-linux-gnu/openblas-openmp',
};

/**
 * Trains with trilu and with PyTorch, turn by turn, each in a process of its own that sleeps while the other one runs.
 * @param say for what is to be read on the way
 */
export async function benchTrain(bench: TrainBench, say: (line: string) => void): Promise<TrainReport> {
  const torch = torchIsThere();
  if (!torch) {
    say(
      'SKIPPED: PyTorch is not compared with, because it is missing: apt-get install python3-torch libopenblas0-openmp',
    );
  }
  const [load = 0] = loadavg();
  if (load > busy)
    say(`This machine is busy (load ${load.toFixed(1)}): what follows is blurred; best repeat it at rest.`);
  const sides = new Set<string>();
  const results: TrainResult[] = [];
  for (const threads of bench.threads) {
    const { rounds, threads: _all, ...rest } = bench;
    const workload = { ...rest, threads };
    results.push(await withWorkload(workload, (folder) => compare({ workload, rounds, folder, torch, sides, say })));
  }
  return { cpu: cpus()[0]?.model ?? 'unknown CPU', load, sides: [...sides], bench, results };
}

interface Comparison {
  readonly workload: Workload;
  readonly rounds: number;
  readonly folder: string;
  readonly torch: boolean;
  readonly sides: Set<string>;
  readonly say: (line: string) => void;
}

async function compare({ workload, rounds, folder, torch, sides, say }: Comparison): Promise<TrainResult> {
  const { threads, stepsPerRun, batch } = workload;
  const peers: Peer[] = [];
  try {
    peers.push(await Peer.start(triluSide(folder)));
    if (torch) peers.push(await Peer.start(torchSide(folder, threads)));
    for (const { greeting } of peers) {
      sides.add(greeting.about);
      say(`${threads} threads: ${greeting.about}, ready after ${greeting.setup.toFixed(1)} s`);
    }
    const steps = Math.ceil(fewestSteps / stepsPerRun) * stepsPerRun;
    const turns = peers.map((): Turn[] => []);
    for (let round = 0; round <= rounds; round++) {
      for (const [side, peer] of peers.entries()) turns[side]?.push(await peer.run(steps));
      say(`round ${round}${round === 0 ? ' (warm-up)' : ''}: ${turns.map(lastTime).join(' | ')}`);
    }
    const [ours, theirs] = turns.map((all) => summarize(all.slice(1).flatMap(({ times }) => times)));
    if (ours === undefined) throw new Error('trilu was not measured');
    const tokens = batch * measuredModel(workload).config.blockSize;
    const result = { threads, trilu: ours, tokensPerSecond: (tokens * 1000) / ours.median };
    if (theirs === undefined) return result;
    const ratio = { median: ours.median / theirs.median, minimum: ours.minimum / theirs.minimum };
    return { ...result, torch: theirs, ratio, lossDifference: largestDifference(turns[0]?.[0], turns[1]?.[0]) };
  } finally {
    for (const peer of peers) peer.stop();
  }
}

function lastTime(turns: readonly Turn[]): string {
  return `${summarize(turns.at(-1)?.times ?? []).median.toFixed(2)} ms`;
}

function largestDifference(left: Turn | undefined, right: Turn | undefined): number {
  return Math.max(...(left?.losses ?? []).map((loss, index) => Math.abs(loss - (right?.losses[index] ?? Number.NaN))));
}

function triluSide(folder: string): PeerCommand {
  const path = fileURLToPath(new URL('./trilu.ts', import.meta.url));
  return { program: process.execPath, arguments: ['--import', import.meta.resolve('tsx'), path, folder] };
}

function torchIsThere(): boolean {
  return [debian.python, debian.torch, debian.blas].every((path) => existsSync(path));
}

function torchSide(folder: string, threads: number): PeerCommand {
  const path = fileURLToPath(new URL('./torch/train.py', import.meta.url));
  const environment = { LD_LIBRARY_PATH: debian.blas, OMP_NUM_THREADS: `${threads}` };
  return { program: debian.python, arguments: [path, folder], environment };
}

/** The report as lines to read. */
export function describeTrainReport({ cpu, load, sides, bench, results }: TrainReport): string {
  const head = [
    `One training step of ${bench.model} (batch ${bench.batch}): forward, backward, clipping, AdamW.`,
    `${cpu}, load ${load.toFixed(1)} before; ${sides.join('; ')}.`,
    `${bench.rounds} turns each, A B A B; milliseconds a step, in groups of ${bench.stepsPerRun} steps.`,
    '',
    row(['threads', 'trilu median', 'min', 'PyTorch median', 'min', 'ratio of medians', 'of minima', 'tokens/s']),
  ];
  return [...head, ...results.map(resultRow), ...results.flatMap(lossLine)].join('\n');
}

function resultRow({ threads, trilu, torch, ratio, tokensPerSecond }: TrainResult): string {
  const number = (value: number | undefined): string => value?.toFixed(2) ?? '–';
  return row([
    `${threads}`,
    number(trilu.median),
    number(trilu.minimum),
    number(torch?.median),
    number(torch?.minimum),
    number(ratio?.median),
    number(ratio?.minimum),
    tokensPerSecond.toFixed(0),
  ]);
}

function lossLine({ threads, lossDifference }: TrainResult): string[] {
  if (lossDifference === undefined) return [];
  return [
    `Same work: over the first steps at ${threads} threads the losses differ by ${lossDifference.toExponential(1)} at most.`,
  ];
}

function row(cells: readonly string[]): string {
  return cells.map((cell) => cell.padStart(Math.max(9, cell.length))).join('  ');
}
