import { renderReport, type Series } from '../../report/report.ts';
import { diskFiles } from '../../runs/disk-files.ts';
import { readMetrics } from '../../runs/run-logs.ts';

/** What the page shows: the table as it is printed, and the run of each stage. */
export interface LadderReport {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly runs: readonly { readonly stage: string; readonly directory: string }[];
}

/** The HTML page that compares the stages of a ladder. */
export async function ladderReport({ title, columns, rows, runs }: LadderReport): Promise<string> {
  const curves = await Promise.all(
    runs.map(async ({ stage, directory }) => {
      const metrics = await readMetrics(diskFiles(directory));
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
    subtitle: 'Each stage of the lecture with the settings of the lecture, and its published loss.',
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
