import type { Palette } from './palette.ts';
import { element, group, type Markup } from './svg.ts';

/** A report of a training run. */
export interface Report {
  readonly step: number;
  /** The mean cross-entropy of the steps since the last report, in nats. */
  readonly loss: number;
  readonly validation_loss?: number | undefined;
}

export interface LossCurve {
  readonly title: string;
  readonly reports: readonly Report[];
  readonly vocabularySize: number;
}

const plot = { left: 40, top: 50, width: 400, height: 140 };

/** Training and validation loss by step, and the loss of a guess among all characters alike. */
export function lossCurve({ title, reports, vocabularySize }: LossCurve, palette: Palette): Markup {
  const last = reports.at(-1);
  if (last === undefined) throw new Error('a curve needs a report');
  const guess = Math.log(vocabularySize);
  const evaluated = reports.flatMap(({ step, validation_loss: loss }) => (loss === undefined ? [] : [{ step, loss }]));
  const lowest = Math.min(...reports.map(({ loss }) => loss), ...evaluated.map(({ loss }) => loss));
  const floor = lowest - 0.2;
  const x = (step: number): number => plot.left + (plot.width * step) / last.step;
  const y = (loss: number): number => plot.top + (plot.height * (guess - loss)) / (guess - floor);
  const line = (points: readonly { step: number; loss: number }[]): string =>
    points.map(({ step, loss }) => `${x(step).toFixed(1)},${y(loss).toFixed(1)}`).join(' ');
  const ticks = Array.from({ length: Math.floor(guess) }, (_, index) => index + 1).filter((loss) => loss >= floor);
  const bottom = plot.top + plot.height;
  const right = plot.left + plot.width;
  const small = { 'font-size': 17, fill: palette.quiet };
  const beside = reports.find(({ loss }) => loss < lowest + 0.95) ?? last; // where the curve still falls
  const final = evaluated.at(-1);
  return group(
    {},
    element('text', { x: 0, y: 16, 'font-size': 17, fill: palette.text }, title),
    ...ticks.flatMap((loss) => [
      element('path', { d: `M${plot.left} ${y(loss)}H${right}`, stroke: palette.line, 'stroke-width': 0.8 }),
      element('text', { x: plot.left - 10, y: y(loss) + 5.5, 'text-anchor': 'end', ...small }, `${loss}`),
    ]),
    element('path', {
      d: `M${plot.left} ${plot.top}H${right}`,
      stroke: palette.quiet,
      'stroke-width': 1.2,
      'stroke-dasharray': '2 5',
    }),
    element(
      'text',
      { x: right, y: plot.top - 8, 'text-anchor': 'end', ...small },
      `a blind guess: ln ${vocabularySize} = ${guess.toFixed(2)}`,
    ),
    element('text', { x: plot.left, y: bottom + 24, ...small }, '0'),
    element('text', { x: right, y: bottom + 24, 'text-anchor': 'end', ...small }, `${count(last.step)} steps`),
    element('polyline', {
      class: 'training',
      points: line(reports),
      fill: 'none',
      stroke: palette.ones,
      'stroke-width': 1.6,
      'stroke-linejoin': 'round',
    }),
    element('polyline', {
      class: 'validation',
      points: line(evaluated),
      fill: 'none',
      stroke: palette.weights,
      'stroke-width': 2.4,
      'stroke-linejoin': 'round',
    }),
    ...evaluated.map(({ step, loss }) =>
      element('circle', { cx: x(step), cy: y(loss), r: 3.6, fill: palette.weights }),
    ),
    element('text', { x: x(beside.step) + 10, y: y(lowest + 0.95), ...small }, 'training'),
    ...(final === undefined ? [] : [finalLoss(final.loss, x(final.step), y(final.loss), palette)]),
  );
}

function finalLoss(loss: number, x: number, y: number, palette: Palette): Markup {
  const place = { x, y: y - 14, 'text-anchor': 'end', 'font-size': 17, 'font-weight': 600 };
  return element('text', { ...place, fill: palette.weights }, `validation ${loss.toFixed(2)}`);
}

/** 2000 as 2,000. */
export function count(number: number): string {
  return number.toLocaleString('en-US');
}
