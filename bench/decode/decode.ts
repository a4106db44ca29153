import * as v from 'valibot';
import { loadWarning, thisMachine } from '../common/machine.ts';
import { measuredModel } from '../common/models.ts';
import { peakOf } from '../common/peak.ts';
import { type CaseResult, type Listener, noteAbsent, type Report, type SideResult } from '../common/report.ts';
import { describeReport } from '../common/table.ts';
import { sideResults, takeTurns } from '../common/turns.ts';
import { modelFlops } from '../model-flops.ts';
import { formsOf } from './precisions.ts';
import { decodeSides } from './sides.ts';
import { charactersOf, type WritingWorkload, withWritingWorkload } from './workload.ts';

/** What `bench decode` measures. */
export interface DecodeBench extends WritingWorkload {
  /** Numbers of threads, one after another. */
  readonly threads: readonly number[];
  /** How often the sides take turns. */
  readonly rounds: number;
  /** How long a turn lasts at least. */
  readonly turnMilliseconds: number;
}

export const decodeBenchDefaults: DecodeBench = {
  model: 'gpt-nano',
  threads: [1, 2],
  rounds: 5,
  dtype: 'fp32',
  turnMilliseconds: 500,
};

const turnSchema = v.object({ times: v.array(v.number()), tokens: v.array(v.number()) });

/**
 * Writes text with trilu and others, turn by turn, each in a process of its own that sleeps while the others run. All have the same
 * weights and take the likeliest character; times are those of the characters after the first.
 * @throws UserError for a model or precision that can't be measured
 */
export async function benchDecode(bench: DecodeBench, listener: Listener): Promise<Report> {
  const model = measuredModel(bench.model);
  formsOf(bench.dtype);
  const { count, prompt } = charactersOf(bench);
  const machine = thisMachine();
  for (const line of loadWarning(machine)) listener.say(line);
  /** A character in the middle of the text. */
  const flops = modelFlops(model, { batch: 1, time: prompt + count / 2, kind: 'decode' });
  /** What is read for each character, whatever came before it: each weight is multiplied once, two operations for 4 bytes. */
  const weightBytes = 2 * modelFlops(model, { batch: 1, time: 0, kind: 'decode' });
  const absent = new Set<string>();
  const cases: CaseResult[] = [];
  await withWritingWorkload(bench, async (folder) => {
    for (const [index, threads] of bench.threads.entries()) {
      const gemmPeak = await peakOf(threads);
      const sides = decodeSides(folder, threads, bench.dtype);
      noteAbsent(absent, sides.absent, listener);
      const turns = await takeTurns({
        contestants: sides.contestants,
        rounds: bench.rounds,
        name: `decode ${bench.model}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ms`,
        listener,
        part: [index / bench.threads.length, (index + 1) / bench.threads.length],
        turn: (peer) => peer.ask(`decode ${bench.turnMilliseconds}`, turnSchema),
      });
      for (const reason of turns.absent) absent.add(reason);
      const results = sideResults(turns.measured, ({ contestant, time, answers }, ours) => {
        const perSecond = 1000 / time.median;
        const isFloat32 = contestant.side === 'generate' || !contestant.side.startsWith('generate-');
        return {
          tokensPerSecond: perSecond,
          utilization: (flops * perSecond) / 1e9 / gemmPeak,
          ...(isFloat32 ? { weightBytesPerSecond: weightBytes * perSecond } : {}),
          sameCharacters: sameUpTo(ours.answers.at(-1)?.tokens ?? [], answers.at(-1)?.tokens ?? []),
        };
      });
      cases.push({
        subject: 'decode',
        work: `Writing ${count} characters with ${bench.model}, batch 1`,
        model: bench.model,
        threads,
        unit: 'ms a character',
        gemmPeak,
        sides: results,
        notes: streamingNotes(results),
      });
    }
  });
  return { machine, settings: { ...bench, count }, cases, absent: [...absent] };
}

/** What streaming costs: a step of the loop beside one of ONNX Runtime alone. */
function streamingNotes(sides: readonly SideResult[]): string[] {
  const find = (name: string): SideResult | undefined => sides.find(({ side }) => side === name);
  const [raw, here, worker] = [find('raw-steps'), find('host-loop'), find('host-loop-in-worker')];
  if (raw === undefined || here === undefined || worker === undefined) return [];
  const cost = ({ time }: SideResult): string =>
    `${(time.median - raw.time.median).toFixed(3)} ms (of minima ${(time.minimum - raw.time.minimum).toFixed(3)})`;
  return [`Streaming costs ${cost(here)} a character beside ONNX Runtime alone; in a worker thread ${cost(worker)}.`];
}

/** How many tokens are alike before the first one that is not. */
export function sameUpTo(left: readonly number[], right: readonly number[]): number {
  const different = left.findIndex((token, index) => token !== right[index]);
  return different < 0 ? left.length : different;
}

/** The report as lines to read. */
export function describeDecodeReport(report: Report): string {
  return describeReport(report, [
    'Writing one character after another, the likeliest always, in float32 unless it says otherwise; timed after the first.',
  ]);
}
