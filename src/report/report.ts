import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { escaped, scriptJson } from './escape.ts';
import { pageScript } from './page-script.ts';
import { pageStyle } from './page-style.ts';
import { type Point, thinned } from './thin.ts';

/** One line of a chart. */
export interface Series {
  readonly label: string;
  readonly points: readonly Point[];
  /** Points with a thin line between: what was measured now and then. */
  readonly dots?: boolean;
}

export interface Chart {
  readonly title: string;
  readonly xLabel: string;
  readonly series: readonly Series[];
  /** A small one stands beside others. */
  readonly small?: boolean;
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What a report shows, from top to bottom. */
export interface ReportData {
  readonly title: string;
  /** A sentence under the title. */
  readonly subtitle: string;
  /** The few numbers that matter. */
  readonly summary: readonly { readonly label: string; readonly value: string }[];
  readonly charts: readonly Chart[];
  /** Tables that stand open. */
  readonly tables: readonly Table[];
  /** Texts that the model wrote on its way. */
  readonly samples: readonly { readonly step: number; readonly text: string }[];
  /** Tables that are folded away. */
  readonly details: readonly Table[];
  /** Commands to go on with. */
  readonly next: readonly string[];
}

/**
 * A report as one HTML page that needs nothing else: the curves are drawn by uPlot, which is inside it. Without scripts it still has its
 * numbers and tables.
 */
export async function renderReport(data: ReportData): Promise<string> {
  const { script, style } = await uPlot();
  const charts = data.charts
    .map((chart) => ({
      ...chart,
      series: chart.series.map((series) => ({ ...series, points: finite(series.points) })),
    }))
    .filter(({ series }) => series.some(({ points }) => points.length > 1));
  const drawn = charts.map((chart) => ({
    ...chart,
    series: chart.series.map((series) => ({ ...series, points: thinned(series.points) })),
  }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(data.title)}</title>
<style>${style}${pageStyle}</style>
</head>
<body>
<main>
<h1>${escaped(data.title)}</h1>
<p class="subtitle">${escaped(data.subtitle)}</p>
${summaryOf(data.summary)}
${data.tables.map(tableOf).join('\n')}
<div class="charts">${charts.map(chartOf).join('\n')}</div>
${samplesOf(data.samples)}
${nextOf(data.next)}
${data.details.map((table) => `<details><summary>${escaped(table.title)}</summary>${rowsOf(table)}</details>`).join('\n')}
</main>
<script>${script}</script>
<script type="application/json" id="data">${scriptJson({ charts: drawn, samples: data.samples })}</script>
<script>${pageScript}</script>
</body>
</html>
`;
}

async function uPlot(): Promise<{ script: string; style: string }> {
  const { resolve } = createRequire(import.meta.url);
  const [script, style] = await Promise.all(
    ['uplot/dist/uPlot.iife.min.js', 'uplot/dist/uPlot.min.css'].map((name) => readFile(resolve(name), 'utf8')),
  );
  return { script: script ?? '', style: style ?? '' };
}

function finite(points: readonly Point[]): readonly Point[] {
  return points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y));
}

function summaryOf(summary: ReportData['summary']): string {
  const cells = summary.map(({ label, value }) => `<div><dt>${escaped(label)}</dt><dd>${escaped(value)}</dd></div>`);
  return cells.length === 0 ? '' : `<dl class="summary">${cells.join('')}</dl>`;
}

function chartOf({ title, small }: Chart, index: number): string {
  const kind = small === true ? ' class="small"' : '';
  return `<figure${kind}><figcaption>${escaped(title)}</figcaption><div id="chart-${index}"></div></figure>`;
}

function tableOf(table: Table): string {
  return `<section><h2>${escaped(table.title)}</h2>${rowsOf(table)}</section>`;
}

function rowsOf({ columns, rows }: Table): string {
  const head = columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join('');
  const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${escaped(cell)}</td>`).join('')}</tr>`).join('\n');
  return `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function samplesOf(samples: ReportData['samples']): string {
  const last = samples.at(-1);
  if (last === undefined) return '';
  const slider = `<input type="range" id="sample" min="0" max="${samples.length - 1}" value="${samples.length - 1}" aria-label="which sample">`;
  return `<section><h2>What it writes</h2>
<p class="choose">${samples.length > 1 ? slider : ''}<output id="sample-step">step ${last.step}</output></p>
<pre id="sample-text">${escaped(last.text)}</pre></section>`;
}

function nextOf(next: readonly string[]): string {
  if (next.length === 0) return '';
  return `<section><h2>Next</h2><pre>${next.map(escaped).join('\n')}</pre></section>`;
}
