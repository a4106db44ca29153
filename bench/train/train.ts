import * as v from 'valibot';
import { loadWarning, thisMachine } from '../common/machine.ts';
import { measuredModel } from '../common/models.ts';
import { peakOf } from '../common/peak.ts';
import type { Peer } from '../common/peer.ts';
import { type CaseResult, type Listener, noteAbsent, type Report } from '../common/report.ts';
import { describeReport } from '../common/table.ts';
import { type Measured, sideResults, takeTurns } from '../common/turns.ts';
import { modelFlops } from '../model-flops.ts';
import { trainSides } from './sides.ts';
import { type Workload, withWorkload } from './workload.ts';

/** What `bench train` measures. */
export interface TrainBench extends Omit<Workload, 'threads'> {
  /** Numbers of threads, one after another. */
  readonly threads: readonly number[];
  /** How often the sides take turns. */
  readonly rounds: number;
  /** How long a turn lasts, more or less: long enough that caches and clocks belong to the side whose turn it is. */
  readonly turnMilliseconds: number;
}

/** What is measured unless told otherwise: nanoGPT's settings for a CPU, and the lecture's model in batches that fit a laptop. */
export function trainBenchDefaults(model = 'gpt-nano'): TrainBench {
  const common = { model, threads: [2, 1], turnMilliseconds: 700 };
  return model === 'gpt'
    ? { ...common, batch: 8, rounds: 4, stepsPerRun: 10 }
    : { ...common, batch: 12, rounds: 10, stepsPerRun: 10 };
}

const turnSchema = v.object({ times: v.array(v.number()), losses: v.array(v.number()) });

type TrainTurn = v.InferOutput<typeof turnSchema>;

/**
 * Trains with trilu and others, turn by turn, each in a process of its own that sleeps while the others run. All begin with the same
 * weights and see the same batches; their losses show that they do the same work.
 * @throws UserError for a model that the other sides have not got
 */
export async function benchTrain(bench: TrainBench, listener: Listener): Promise<Report> {
  const model = measuredModel(bench.model);
  const machine = thisMachine();
  for (const line of loadWarning(machine)) listener.say(line);
  const time = model.block;
  const tokens = bench.batch * time;
  const flops = modelFlops(model, { batch: bench.batch, time, kind: 'train' });
  const absent = new Set<string>();
  const cases: CaseResult[] = [];
  for (const [index, threads] of bench.threads.entries()) {
    const { rounds, threads: all, turnMilliseconds, ...rest } = bench;
    const gemmPeak = await peakOf(threads);
    const turns = await withWorkload({ ...rest, threads }, async (folder) => {
      const sides = trainSides(folder, bench.model, threads);
      noteAbsent(absent, sides.absent, listener);
      return await takeTurns({
        contestants: sides.contestants,
        rounds,
        name: `train ${bench.model}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ms`,
        listener,
        part: [index / all.length, (index + 1) / all.length],
        warmUp: (peer) => run(peer, bench.stepsPerRun),
        turn: (peer, warmUp) => run(peer, stepsOfTurn(bench, warmUp)),
      });
    });
    for (const reason of turns.absent) absent.add(reason);
    cases.push({
      subject: 'train',
      work: `A training step of ${bench.model} (batch ${bench.batch}, block ${time})`,
      model: bench.model,
      threads,
      unit: 'ms a step',
      gemmPeak,
      sides: sideResults(turns.measured, (one, ours) => ({
        tokensPerSecond: (tokens * 1000) / one.time.median,
        utilization: flops / (one.time.median * 1e6) / gemmPeak,
        ...(one === ours ? {} : { lossDifference: lossDifference(one, ours) }),
      })),
    });
  }
  return { machine, settings: bench, cases, absent: [...absent] };
}

async function run(peer: Peer, steps: number): Promise<TrainTurn> {
  return await peer.ask(`run ${steps}`, turnSchema);
}

/** Whole runs that last as long as a turn, one at least, going by how long the first one took. */
function stepsOfTurn({ stepsPerRun, turnMilliseconds }: TrainBench, warmUp: TrainTurn | undefined): number {
  const [milliseconds = turnMilliseconds] = warmUp?.times ?? [];
  return Math.max(1, Math.round(turnMilliseconds / (milliseconds * stepsPerRun))) * stepsPerRun;
}

/** The losses of a side from its first step on. */
function lossesOf({ answers }: Measured<TrainTurn>): number[] {
  return answers.flatMap(({ losses }) => losses);
}

/** The first steps whose losses are compared: later, rounding alone drives two trainings apart. */
const comparedSteps = 20;

/** How far a side's losses are from trilu's at most, over the first steps. */
function lossDifference(one: Measured<TrainTurn>, ours: Measured<TrainTurn>): number {
  const own = lossesOf(ours);
  const differences = lossesOf(one)
    .slice(0, comparedSteps)
    .map((loss, index) => Math.abs(loss - (own[index] ?? Number.NaN)));
  return Math.max(...differences);
}

/** The report as lines to read. */
export function describeTrainReport(report: Report): string {
  return describeReport(report, ['A training step: forward, backward, clipping, AdamW.']);
}
