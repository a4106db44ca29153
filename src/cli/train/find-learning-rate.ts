import { UserError } from '../../errors.ts';
import { parameterCount } from '../../programs/parameters.ts';
import { languageModelRun } from '../../train/trainer/language-model.ts';
import { type RatePoint, suggestedLearningRate, tryLearningRates } from '../../train/trainer/learning-rate-finder.ts';
import { formatCount } from '../format.ts';
import { interruption } from '../interruption.ts';
import { deviceOf, opener } from '../running.ts';
import type { TrainOptions } from '../training-plan.ts';
import { planTraining } from '../training-plan.ts';
import { progressView } from './progress-view.ts';

/** At the lowest rate hardly anything changes; at the highest every model diverges. */
const range = { lowest: 1e-6, highest: 1, steps: 200 } as const;

/** `trilu train --find-learning-rate`: prints the suggestion on stdout; nothing is saved. */
export async function findLearningRate(options: TrainOptions): Promise<void> {
  if (options.resume !== undefined) {
    throw new UserError(
      "--find-learning-rate can't be given with --resume: it tries rates at the beginning of a training.",
      {
        exitCode: 2,
      },
    );
  }
  const { record, takeState, tokens, corpus } = await planTraining(options, await deviceOf(options));
  const { model, setup } = record;
  const run = languageModelRun({ record, state: takeState() }, tokens, { open: opener(options) });
  const parameters = formatCount(parameterCount(model));
  process.stderr.write(
    `Trying learning rates from ${range.lowest} to ${range.highest} on ${model.name} (${parameters} parameters) and ${corpus.name}, ${setup.batch} blocks each; nothing is saved.\n`,
  );
  const stop = interruption();
  const view = progressView(range.steps, 0);
  const points: RatePoint[] = [];
  const began = performance.now();
  try {
    for await (const point of tryLearningRates(run, range, stop.signal)) {
      points.push(point);
      const tokensPerSecond = (point.step * setup.batch * model.block) / ((performance.now() - began) / 1000);
      view.update({ step: point.step, loss: point.loss, tokensPerSecond });
    }
  } finally {
    view.stop();
    stop.release();
  }
  if (stop.signal.aborted) return;
  process.stderr.write(`\n  learning rate   loss\n${tableOf(points)}\n`);
  const suggested = suggestedLearningRate(points);
  if (suggested === undefined) {
    throw new UserError(
      'The loss fell at no learning rate: there is nothing to learn in this text, or the batch is too small (--batch).',
    );
  }
  process.stdout.write(`${Number(suggested.toPrecision(1))}\n`);
  process.stderr.write(
    `The loss fell most steeply at this rate. Train with: --learning-rate ${Number(suggested.toPrecision(1))}\n`,
  );
}

/** Two rows per decade of learning rates. */
function tableOf(points: readonly RatePoint[]): string {
  const every = Math.max(1, Math.round(range.steps / (2 * Math.log10(range.highest / range.lowest))));
  const least = Math.min(...points.map(({ loss }) => loss));
  return points
    .filter((_, index) => index % every === 0 || index === points.length - 1)
    .map(({ learningRate, loss }) => {
      const bar = '█'.repeat(Math.max(1, Math.min(40, Math.round((loss / least - 1) * 40) + 1)));
      return `  ${learningRate.toExponential(1).padStart(13)}  ${loss.toFixed(3).padStart(5)}  ${bar}`;
    })
    .join('\n');
}
