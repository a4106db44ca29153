import { styleText } from 'node:util';
import { plot } from 'asciichart';
import { formatCount } from '../format.ts';

/** The loss at a step. */
export type LossPoint = readonly [step: number, loss: number];

/** The losses of a run. */
export interface LossCurves {
  readonly training: readonly LossPoint[];
  readonly validation: readonly LossPoint[];
}

export interface ChartOptions {
  /** Columns of the whole chart, labels included. */
  readonly width: number;
  /** Rows of the plot, without axis and legend. */
  readonly height: number;
  readonly colours?: boolean;
}

/** Columns to the left of the plot: a loss, the axis, and a blank. */
const labelWidth = 9;

/**
 * Loss curves for the terminal: the training loss as a line, averaged over the steps of each column, and a dot for each evaluation.
 * @returns the lines of the chart; none for fewer than two points
 */
export function lossChart(
  { training, validation }: LossCurves,
  { width, height, colours = false }: ChartOptions,
): readonly string[] {
  const finite = training.filter(([, loss]) => Number.isFinite(loss));
  const [first] = finite;
  const last = finite.at(-1);
  if (first === undefined || last === undefined || finite.length < 2) return [];
  const columns = Math.max(2, width - labelWidth);
  const columnOf = (step: number): number =>
    Math.min(columns - 1, Math.floor(((step - first[0]) / (last[0] - first[0])) * columns));
  const line = averaged(finite, columns, columnOf);
  const dots = validation.filter(([step, loss]) => Number.isFinite(loss) && step >= first[0] && step <= last[0]);
  const scale = scaleOf([...line, ...dots.map(([, loss]) => loss)], height);
  const rows = plot(line, { height, min: scale.min, max: scale.max, format: (loss) => loss.toFixed(2).padStart(6) })
    .split('\n')
    .map((row) => [...row.padEnd(labelWidth + columns)]);
  for (const [step, loss] of dots) {
    const row = rows[scale.rowOf(loss)];
    if (row !== undefined) row[labelWidth - 1 + columnOf(step)] = dot;
  }
  const paint = painter(colours);
  return [
    ...rows.map((row) => paint(row.join('').trimEnd())),
    axis(first[0], last[0], columns),
    legend(finite, dots, paint),
  ];
}

const dot = '●';

/** The mean loss of each column; columns without a step are interpolated between their neighbours. */
function averaged(points: readonly LossPoint[], columns: number, columnOf: (step: number) => number): number[] {
  const sums = new Float64Array(columns);
  const counts = new Float64Array(columns);
  for (const [step, loss] of points) {
    const column = columnOf(step);
    sums[column] = (sums[column] ?? 0) + loss;
    counts[column] = (counts[column] ?? 0) + 1;
  }
  const filled = [...counts.keys()].filter((column) => counts[column] !== 0);
  const meanAt = (column: number): number => (sums[column] ?? 0) / (counts[column] ?? 1);
  let right = 0;
  return Array.from({ length: columns }, (_, column) => {
    while (right < filled.length - 1 && (filled[right] ?? 0) < column) right += 1;
    const to = filled[right] ?? 0;
    const from = to <= column ? to : (filled[right - 1] ?? to);
    const share = to === from ? 0 : (column - from) / (to - from);
    return (1 - share) * meanAt(from) + share * meanAt(to);
  });
}

/** The row in which asciichart draws a number, counted from the top. */
function scaleOf(
  numbers: readonly number[],
  height: number,
): { readonly min: number; readonly max: number; rowOf(number: number): number } {
  const [min, max] = [Math.min(...numbers), Math.max(...numbers)];
  const ratio = max === min ? 1 : height / (max - min);
  return { min, max, rowOf: (number) => Math.round(max * ratio) - Math.round(number * ratio) };
}

function axis(first: number, last: number, columns: number): string {
  const [from, to] = [formatCount(first), formatCount(last)];
  const between = ' '.repeat(Math.max(1, columns - from.length - to.length));
  return `${' '.repeat(labelWidth - 1)}${from}${between}${to}`;
}

function legend(training: readonly LossPoint[], dots: readonly LossPoint[], paint: (text: string) => string): string {
  const parts = [`─ training ${training.at(-1)?.[1].toFixed(4)}`];
  const latest = dots.at(-1);
  if (latest !== undefined) parts.push(`${dot} validation ${latest[1].toFixed(4)}`);
  return `${' '.repeat(labelWidth - 1)}${paint(parts.join('   '))}`;
}

/** Colours lines and dots differently. */
function painter(colours: boolean): (text: string) => string {
  if (!colours) return (text) => text;
  return (text) =>
    text
      .replace(/[─╰╭╮╯│]+/gu, (part) => styleText('cyan', part, { validateStream: false }))
      .replaceAll(dot, styleText('yellow', dot, { validateStream: false }));
}
