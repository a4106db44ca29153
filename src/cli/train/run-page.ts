import { join } from 'node:path';
import { parameterCount } from '../../programs/parameters.ts';
import { renderReport } from '../../report/report.ts';
import { diskFiles } from '../../runs/disk-files.ts';
import { readMetrics, readSamples } from '../../runs/run-logs.ts';
import { writeFileAtomic } from '../../storage/atomic-file.ts';
import { unitOf } from '../../text/tokenizer.ts';
import type { TrainerRecord } from '../../train/trainer/record.ts';
import { runFiles } from '../../train/trainer/run-files.ts';
import { formatCount, formatDuration, shellWord } from '../format.ts';
import { describeText, settingGroups } from './run-description.ts';

/**
 * Writes the HTML page of a run into its directory: curves, evaluations, samples and settings.
 * @throws UserError when the system refuses
 */
export async function writeRunReport(directory: string, record: TrainerRecord): Promise<void> {
  const metrics = await readMetrics(diskFiles(directory));
  const samples = await readSamples(diskFiles(directory));
  const { model, data, setup, step, seconds, best } = record;
  const points = (name: 'loss' | 'learning_rate' | 'gradient_norm' | 'tokens_per_second') =>
    metrics.map((line) => [line.step, line[name]] as const);
  const evaluations = metrics.flatMap(({ step: at, loss, validation_loss: validation }) =>
    validation === undefined ? [] : [{ at, loss, validation }],
  );
  const last = evaluations.at(-1);
  const small = (title: string, name: Parameters<typeof points>[0]) => ({
    title,
    xLabel: 'step',
    small: true,
    series: [{ label: title, points: points(name) }],
  });
  const html = await renderReport({
    title: `${model.name} on ${data.path === undefined ? 'Moby-Dick' : (data.path.split(/[\\/]/).at(-1) ?? data.path)}`,
    subtitle: `${formatCount(parameterCount(model))} parameters, ${describeText(record)}`,
    summary: [
      { label: 'steps', value: `${formatCount(step)} of ${formatCount(setup.steps)}` },
      ...(last === undefined ? [] : [{ label: 'validation loss', value: last.validation.toFixed(4) }]),
      ...(best === undefined
        ? []
        : [{ label: 'lowest', value: `${best.validationLoss.toFixed(4)} at step ${formatCount(best.step)}` }]),
      { label: 'training', value: formatDuration(seconds) },
    ],
    charts: [
      {
        title: `Loss, in nats a ${unitOf(record.tokenizer)}`,
        xLabel: 'step',
        series: [
          { label: 'training', points: points('loss') },
          {
            label: 'validation',
            dots: true,
            points: evaluations.map(({ at, validation }) => [at, validation] as const),
          },
        ],
      },
      small('learning rate', 'learning_rate'),
      small('gradient norm', 'gradient_norm'),
      small('tokens a second', 'tokens_per_second'),
    ],
    tables: [],
    samples,
    next: [
      `npx trilu generate ${shellWord(directory)}`,
      `npx trilu train --resume ${shellWord(directory)} --steps ${setup.steps * 2}`,
      `npx trilu export ${shellWord(directory)}`,
      `tensorboard --logdir ${shellWord(directory)}`,
    ],
    details: [
      {
        title: 'Evaluations',
        columns: ['step', 'training loss', 'validation loss'],
        rows: evaluations.map(({ at, loss, validation }) => [formatCount(at), loss.toFixed(4), validation.toFixed(4)]),
      },
      {
        title: 'Settings',
        columns: ['setting', 'value'],
        rows: settingGroups(record).flatMap(({ settings }) => settings.map(({ label, value }) => [label, value])),
      },
    ],
  });
  await writeFileAtomic(join(directory, runFiles.report), html);
}
