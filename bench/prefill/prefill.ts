import * as v from 'valibot';
import { torchAbsence, torchIsThere, typescriptSide } from '../common/contestants.ts';
import { loadWarning, thisMachine } from '../common/machine.ts';
import { measuredModel } from '../common/models.ts';
import { peakOf } from '../common/peak.ts';
import { type CaseResult, type Listener, noteAbsent, type Report } from '../common/report.ts';
import { describeReport } from '../common/table.ts';
import { sideResults, takeTurns } from '../common/turns.ts';
import { type DecodeBench, decodeBenchDefaults, sameUpTo } from '../decode/decode.ts';
import { torchSides } from '../decode/sides.ts';
import { withWritingWorkload } from '../decode/workload.ts';
import { llamaSides } from '../llama/sides.ts';
import { modelFlops } from '../model-flops.ts';

/** What `bench prefill` measures. */
export type PrefillBench = Omit<DecodeBench, 'count' | 'dtype'>;

export const prefillBenchDefaults: PrefillBench = decodeBenchDefaults;

const turnSchema = v.object({ times: v.array(v.number()), tokens: v.array(v.number()) });

/**
 * Reads a whole block in one run with trilu and others, turn by turn: what a prompt costs before its first character. All have the
 * same weights and tell the likeliest character after it.
 * @throws UserError for a model that the other sides have not got
 */
export async function benchPrefill(bench: PrefillBench, listener: Listener): Promise<Report> {
  const model = measuredModel(bench.model);
  const machine = thisMachine();
  for (const line of loadWarning(machine)) listener.say(line);
  const time = model.block;
  const flops = modelFlops(model, { batch: 1, time, kind: 'forward' });
  const absent = new Set<string>();
  noteAbsent(absent, torchIsThere() ? [] : [torchAbsence], listener);
  const cases: CaseResult[] = [];
  await withWritingWorkload({ model: bench.model, dtype: 'fp32' }, async (folder) => {
    for (const [index, threads] of bench.threads.entries()) {
      const gemmPeak = await peakOf(threads);
      const llama = llamaSides(folder, threads);
      noteAbsent(absent, llama.absent, listener);
      const forward = new URL('./trilu.ts', import.meta.url);
      const turns = await takeTurns({
        contestants: [
          { side: 'trilu', label: 'trilu, forward program', command: typescriptSide(forward, [folder, `${threads}`]) },
          ...(torchIsThere() ? torchSides(folder, threads) : []),
          ...llama.contestants,
        ],
        rounds: bench.rounds,
        name: `prefill ${bench.model}, ${threads} ${threads === 1 ? 'thread' : 'threads'}, ms`,
        listener,
        part: [index / bench.threads.length, (index + 1) / bench.threads.length],
        turn: (peer) => peer.ask(`prefill ${bench.turnMilliseconds}`, turnSchema),
      });
      for (const reason of turns.absent) absent.add(reason);
      cases.push({
        subject: 'prefill',
        work: `Reading ${time} characters with ${bench.model}, batch 1`,
        model: bench.model,
        threads,
        unit: 'ms in all',
        gemmPeak,
        sides: sideResults(turns.measured, (one, ours) => ({
          tokensPerSecond: (time * 1000) / one.time.median,
          utilization: flops / (one.time.median * 1e6) / gemmPeak,
          sameCharacters: sameUpTo(ours.answers.at(-1)?.tokens ?? [], one.answers.at(-1)?.tokens ?? []),
        })),
      });
    }
  });
  return { machine, settings: bench, cases, absent: [...absent] };
}

/** The report as lines to read. */
export function describePrefillReport(report: Report): string {
  return describeReport(report, [
    'Reading a whole block in one run, in float32, and the likeliest character after it.',
  ]);
}
