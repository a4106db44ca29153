import { formatBytes, formatCount, formatTable } from '../../src/cli/format.ts';
import type { CaseResult, Report, SideResult } from './report.ts';

/** A column: its heading, and what a side has in it; where no side has anything the column is left out. */
interface Column {
  readonly heading: string;
  readonly cell: (side: SideResult) => string | undefined;
}

function columns({ unit }: CaseResult): readonly Column[] {
  return [
    { heading: unit, cell: ({ label }) => label },
    { heading: 'median', cell: ({ time }) => formatTime(time.median) },
    { heading: 'min', cell: ({ time }) => formatTime(time.minimum) },
    { heading: 'ratio of medians', cell: ({ ratio }) => ratio.median.toFixed(2) },
    { heading: 'of minima', cell: ({ ratio }) => ratio.minimum.toFixed(2) },
    { heading: 'tokens/s', cell: ({ tokensPerSecond: rate }) => (rate === undefined ? rate : formatCount(rate)) },
    { heading: 'of peak', cell: ({ utilization: share }) => (share === undefined ? share : percent(share)) },
    {
      heading: 'weights read',
      cell: ({ weightBytesPerSecond: rate }) => (rate === undefined ? rate : `${(rate / 1e9).toFixed(1)} GB/s`),
    },
    { heading: 'peak memory', cell: ({ memory }) => (memory === undefined ? memory : formatBytes(memory.peak)) },
    {
      heading: 'above its libraries',
      cell: ({ memory }) => (memory?.aboveBaseline === undefined ? undefined : formatBytes(memory.aboveBaseline)),
    },
    { heading: 'losses differ by', cell: ({ lossDifference }) => lossDifference?.toExponential(1) },
    { heading: 'same characters', cell: ({ sameCharacters }) => sameCharacters?.toFixed(0) },
    { heading: 'outcome', cell: ({ outcome }) => outcome },
  ];
}

/** A report as lines to read. @param head what the subject is, in a sentence or two */
export function describeReport(report: Report, head: readonly string[] = []): string {
  const { machine, cases, absent } = report;
  const { cpu, cores, load, versions } = machine;
  const abouts = new Set(cases.flatMap(({ sides }) => sides.map(({ about }) => about)));
  return [
    ...head,
    `${cpu}, ${cores} cores, load ${load.toFixed(1)} before; trilu ${versions.trilu}; ${[...abouts].join('; ')}.`,
    'Sides take turns, A B A B. A ratio is the time of the first row by that of the row: below 1, the first is faster.',
    ...crowdedLines(report),
    ...absent.map((reason) => `SKIPPED: ${reason}.`),
    ...cases.flatMap((one) => ['', ...caseLines(one)]),
  ].join('\n');
}

/** Threads that wait for each other actively, as llama.cpp's do, stand still for a time slice wherever anything else wants a core. */
function crowdedLines({ cases, machine }: Report): string[] {
  return cases.some(({ threads = 0 }) => threads >= machine.cores)
    ? ['With as many threads as cores, medians tell of whatever else ran; the minima are to be trusted.']
    : [];
}

function caseLines(result: CaseResult): string[] {
  const { work, threads, sides, gemmPeak, notes = [] } = result;
  const peak = gemmPeak === undefined ? '' : `; ${gemmPeak.toFixed(0)} GFLOP/s are the peak of matrix products`;
  const heading = `${work}${threads === undefined ? '' : `, ${threads} ${threads === 1 ? 'thread' : 'threads'}`}${peak}`;
  const shown = columns(result).filter(({ cell }) => sides.some((side) => cell(side) !== undefined));
  const rows = sides.map((side) => shown.map(({ cell }) => cell(side) ?? '–'));
  const table = formatTable(
    shown.map(({ heading: name }) => name),
    rows,
  );
  return [heading, ...table.split('\n'), ...notes];
}

/** As many digits as are worth telling. */
export function formatTime(time: number): string {
  return time.toFixed(time < 1 ? 3 : time < 100 ? 2 : time < 1000 ? 1 : 0);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;
}
