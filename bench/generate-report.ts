import { availableParallelism } from 'node:os';
import type { GenerateReport, GenerateResult, SideResult } from './generate.ts';

/** The report as lines to read. */
export function describeGenerateReport(report: GenerateReport): string {
  const { cpu, load, sides, bench, blockSize, results } = report;
  return [
    `Writing ${bench.count} characters with ${bench.model}, batch 1, float32, the likeliest character always; reading ${blockSize} in one run.`,
    `${cpu}, load ${load.toFixed(1)} before; ${sides.join('; ')}.`,
    `${bench.rounds} turns each, A B A B. A ratio is trilu's time (first row) by the row's: below 1, trilu is faster.`,
    ...crowdedLines(results),
    ...results.flatMap((result) => describeResult(result, report)),
  ].join('\n');
}

/** Threads that wait for each other actively, as llama.cpp's do, stand still for a time slice wherever anything else wants a core. */
function crowdedLines(results: readonly GenerateResult[]): string[] {
  const isCrowded = results.some(({ threads }) => threads >= availableParallelism());
  return isCrowded
    ? ['With as many threads as cores, medians tell of whatever else ran; the minima are to be trusted.']
    : [];
}

function describeResult({ threads, decode, prefill }: GenerateResult, { bench, blockSize }: GenerateReport): string[] {
  const count = (side: SideResult): string =>
    side.same === bench.count ? 'all' : `the first ${side.same} of ${bench.count}`;
  return [
    '',
    `${threads} ${threads === 1 ? 'thread' : 'threads'}`,
    row(['ms a character, after the first', 'median', 'min', 'ratio of medians', 'of minima', 'same characters']),
    ...decode.map((side) => row([...cells(side, 3), count(side)])),
    ...overheadLines(decode),
    row([`ms to read ${blockSize} characters`, 'median', 'min', 'ratio of medians', 'of minima', 'same next']),
    ...prefill.map((side) => row([...cells(side, 2), side.same === 1 ? 'yes' : 'no'])),
  ];
}

function cells({ label, time, ratio }: SideResult, digits: number): string[] {
  return [
    label,
    time.median.toFixed(digits),
    time.minimum.toFixed(digits),
    ratio.median.toFixed(2),
    ratio.minimum.toFixed(2),
  ];
}

/** What streaming costs: a step of the loop beside one of ONNX Runtime alone. */
function overheadLines(decode: readonly SideResult[]): string[] {
  const find = (name: string): SideResult | undefined => decode.find(({ side }) => side === name);
  const [raw, here, worker] = [find('raw-steps'), find('host-loop'), find('host-loop-in-worker')];
  if (raw === undefined || here === undefined || worker === undefined) return [];
  const cost = ({ time }: SideResult): string =>
    `${(time.median - raw.time.median).toFixed(3)} ms (of minima ${(time.minimum - raw.time.minimum).toFixed(3)})`;
  return [`Streaming costs ${cost(here)} a character beside ONNX Runtime alone; in a worker thread ${cost(worker)}.`];
}

function row([label = '', ...numbers]: readonly string[]): string {
  return [label.padEnd(46), ...numbers.map((cell) => cell.padStart(Math.max(9, cell.length)))].join('  ');
}
