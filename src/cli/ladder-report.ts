import { join } from 'node:path';
import { renderReport, type Series } from '../report/report.ts';
import { readMetrics } from '../runs/run-logs.ts';
import { runFiles } from '../trainer/run-files.ts';

/** What the report of a ladder takes: its table as it is printed, and where each stage's run is. */
export interface LadderReport {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly runs: readonly { readonly stage: string; readonly directory: string }[];
}

/** The page that lays the stages of a ladder side by side. */
export async function ladderReport({ title, columns, rows, runs }: LadderReport): Promise<string> {
  const curves = await Promise.all(
    runs.map(async ({ stage, directory }) => {
      const metrics = await readMetrics(join(directory, runFiles.metrics));
      const training: Series = { label: stage, points: metrics.map(({ step, loss }) => [step, loss]) };
      const validation: Series = {
        label: stage,
        dots: true,
        points: metrics.flatMap(({ step, validation_loss: loss }) => (loss === undefined ? [] : [[step, loss]])),
      };
      return { training, validation };
    }),
  );
  return renderReport({
    title,
    subtitle: 'Each stage of the lecture with its own settings, and what was published for it.',
    summary: [],
    charts: [
      {
        title: 'Validation loss, in nats a character',
        xLabel: 'step',
        series: curves.map(({ validation }) => validation),
      },
      { title: 'Training loss, in nats a character', xLabel: 'step', series: curves.map(({ training }) => training) },
    ],
    tables: [{ title: 'The ladder', columns, rows }],
    samples: [],
    next: runs.map(({ stage, directory }) => `npx trilu generate ${directory}   # ${stage}`),
    details: [],
  });
}
