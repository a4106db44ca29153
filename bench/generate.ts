import { cpus, loadavg } from 'node:os';
import type { GenerateWorkload } from './generate-files.ts';
import { GenerateSide, type GenerateTurn, type GenerateWork } from './generate-side.ts';
import { absentSides, type Contestant, contestants } from './generate-sides.ts';
import { formsOf, generatingModel, mostCharacters, withGenerateWorkload } from './generate-workload.ts';
import { type Summary, summarize } from './statistics.ts';

/** What `bench generate` measures. */
export interface GenerateBench {
  readonly model: string;
  /** Numbers of threads, one after another. */
  readonly threads: readonly number[];
  /** How often the sides take turns. */
  readonly rounds: number;
  /** In which precision the generate program is measured besides float32. */
  readonly dtype: string;
  /** How many characters are written at a time; unset fills the block. */
  readonly count?: number;
  /** How long a turn lasts. */
  readonly turnMilliseconds: number;
}

export const generateBenchDefaults: GenerateBench = {
  model: 'gpt-nano',
  threads: [1, 2],
  rounds: 5,
  dtype: 'fp32',
  turnMilliseconds: 500,
};

/** What one side took: milliseconds a character written, or for a block read. */
export interface SideResult {
  readonly side: string;
  readonly label: string;
  readonly time: Summary;
  /** The time of trilu's first side by this one's: below 1, trilu is faster. */
  readonly ratio: { readonly median: number; readonly minimum: number };
  /** How many characters it wrote that are those of trilu's first side, up to the first one that is not. */
  readonly same: number;
}

/** The results for one number of threads. */
export interface GenerateResult {
  readonly threads: number;
  /** One character at a time, `same` of `count` being alike. */
  readonly decode: readonly SideResult[];
  /** A whole block in one run, and the likeliest character after it. */
  readonly prefill: readonly SideResult[];
}

export interface GenerateReport {
  readonly cpu: string;
  /** How many processes wanted to run in the minute before. */
  readonly load: number;
  readonly sides: readonly string[];
  readonly bench: GenerateBench & { readonly count: number };
  readonly blockSize: number;
  readonly results: readonly GenerateResult[];
}

/** A load average above which a machine is not at rest. */
const busy = 0.5;

/**
 * Writes text with trilu, PyTorch and llama.cpp, turn by turn, each in a process of its own that sleeps while the others run.
 * All have the same weights and take the likeliest character.
 * @param say for what is to be read on the way
 * @throws UserError for a model or precision that can't be measured
 */
export async function benchGenerate(bench: GenerateBench, say: (line: string) => void): Promise<GenerateReport> {
  const model = generatingModel(bench.model);
  const count = Math.max(2, Math.min(bench.count ?? Number.POSITIVE_INFINITY, mostCharacters(model)));
  formsOf(bench.dtype);
  for (const line of absentSides()) say(`SKIPPED: ${line}`);
  const [load = 0] = loadavg();
  if (load > busy)
    say(`This machine is busy (load ${load.toFixed(1)}): what follows is blurred; best repeat it at rest.`);
  const sides = new Set<string>();
  const results: GenerateResult[] = [];
  const workload = { model: bench.model, count, dtype: bench.dtype };
  await withGenerateWorkload(workload, async (folder) => {
    for (const threads of bench.threads) results.push(await compare({ bench, workload, threads, folder, sides, say }));
  });
  return {
    cpu: cpus()[0]?.model ?? 'unknown CPU',
    load,
    sides: [...sides],
    bench: { ...bench, count },
    blockSize: model.config.blockSize,
    results,
  };
}

interface Comparison {
  readonly bench: GenerateBench;
  readonly workload: GenerateWorkload;
  readonly threads: number;
  readonly folder: string;
  readonly sides: Set<string>;
  readonly say: (line: string) => void;
}

interface Running {
  readonly contestant: Contestant;
  readonly side: GenerateSide;
  readonly turns: { readonly [Work in GenerateWork]: GenerateTurn[] };
}

async function compare({ bench, workload, threads, folder, sides, say }: Comparison): Promise<GenerateResult> {
  const running: Running[] = [];
  try {
    for (const contestant of contestants(folder, threads, workload)) {
      const side = await GenerateSide.start(contestant.command);
      running.push({ contestant, side, turns: { decode: [], prefill: [] } });
      sides.add(side.greeting.about);
      say(
        `${threads} ${threads === 1 ? 'thread' : 'threads'}: ${contestant.label} (${side.greeting.about}), ready after ${side.greeting.setup.toFixed(1)} s`,
      );
    }
    const { rounds, turnMilliseconds } = bench;
    for (let round = 0; round <= rounds; round++) {
      for (const work of ['decode', 'prefill'] as const) {
        const able = running.filter(({ contestant }) => contestant.works.includes(work));
        for (const { side, turns } of able) turns[work].push(await side.take(work, turnMilliseconds));
        const times = able.map(({ contestant, turns }) => `${contestant.side} ${lastTime(turns[work])}`);
        say(`round ${round}${round === 0 ? ' (warm-up)' : ''}, ${work}, ms: ${times.join(' | ')}`);
      }
    }
    return {
      threads,
      decode: sideResults(running, 'decode'),
      prefill: sideResults(running, 'prefill'),
    };
  } finally {
    for (const { side } of running) side.stop();
  }
}

function lastTime(turns: readonly GenerateTurn[]): string {
  return summarize(turns.at(-1)?.times ?? []).median.toFixed(3);
}

/** The sides that did a piece of work; the first of them is the one that the others are compared with. */
function sideResults(running: readonly Running[], work: GenerateWork): SideResult[] {
  const measured = running
    .filter(({ turns }) => turns[work].length > 0)
    .map(({ contestant: { side, label }, turns }) => ({
      side,
      label,
      time: summarize(turns[work].slice(1).flatMap(({ times }) => times)),
      tokens: turns[work].at(-1)?.tokens ?? [],
    }));
  const [ours] = measured;
  if (ours === undefined) throw new Error('trilu was not measured');
  return measured.map(({ side, label, time, tokens }) => {
    const ratio = { median: ours.time.median / time.median, minimum: ours.time.minimum / time.minimum };
    return { side, label, time, ratio, same: sameUpTo(ours.tokens, tokens) };
  });
}

function sameUpTo(left: readonly number[], right: readonly number[]): number {
  const different = left.findIndex((token, index) => token !== right[index]);
  return different < 0 ? left.length : different;
}
