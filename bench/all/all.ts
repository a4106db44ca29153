import { loadWarning, thisMachine } from '../common/machine.ts';
import type { Report } from '../common/report.ts';
import { type Overrides, type PartOfAll, partsOfAll } from './cases.ts';
import type { FullReport } from './full-report.ts';
import { runProgress } from './progress.ts';
import { keep } from './results.ts';

/** What `bench all` measures. */
export interface AllBench extends Overrides {
  /** Whether the result is kept, and drawn. */
  readonly save: boolean;
}

/**
 * Measures everything, with the settings that the README tells of.
 * @param parts what is measured, for tests
 */
export async function benchAll(
  { save, ...overrides }: AllBench,
  parts: readonly PartOfAll[] = partsOfAll,
): Promise<FullReport> {
  const date = new Date().toISOString();
  const machine = thisMachine();
  for (const line of loadWarning(machine)) process.stderr.write(`${line}\n`);
  const progress = runProgress();
  const total = parts.reduce((sum, { seconds }) => sum + seconds, 0);
  const reports: (Report & { name: string })[] = [];
  let before = 0;
  try {
    for (const { name, seconds, measure } of parts) {
      progress.update(name, before / total);
      const advance = (done: number): void => progress.update(name, (before + seconds * done) / total);
      const say = (line: string): void => {
        if (/^(SKIPPED|FAILED)/.test(line)) progress.print(line);
      };
      // The load is that of the beginning: later it is that of the measurements themselves.
      reports.push({ name, ...(await measure(overrides, { say, advance })), machine });
      before += seconds;
    }
    progress.update('done', 1);
  } finally {
    progress.stop();
  }
  const report = { date, machine, reports };
  if (save) {
    const { drawChart } = await import('../chart/draw.ts');
    const files = [await keep(report), ...(await drawChart())];
    process.stderr.write(`${files.map((file) => `kept ${file}`).join('\n')}\n`);
  }
  return report;
}

/** The reports as lines to read. */
export function describeAll({ reports }: FullReport): string {
  const described = reports.map(({ name, ...report }) => {
    const part = partsOfAll.find((one) => one.name === name);
    if (part === undefined) throw new TypeError(`there is no part ${name}`);
    return part.describe(report);
  });
  return described.join('\n\n\n');
}
