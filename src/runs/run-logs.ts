import { type Metrics, runFiles, type Sample } from '../train/trainer/run-files.ts';
import type { FileStore } from './file-store.ts';

/**
 * The lines of a run's metrics.jsonl up to a step. What is damaged, or not there, is left out: a log is no reason to refuse a run.
 * @throws UserError when the system refuses to read it
 */
export function readMetrics(files: FileStore, upTo: number = Number.POSITIVE_INFINITY): Promise<readonly Metrics[]> {
  return readLines(files, runFiles.metrics, upTo, (line): line is Metrics => 'loss' in line);
}

/** The lines of a run's samples.jsonl up to a step; see `readMetrics`. */
export function readSamples(files: FileStore, upTo: number = Number.POSITIVE_INFINITY): Promise<readonly Sample[]> {
  const isSample = (line: object): line is Sample => 'text' in line && typeof line.text === 'string';
  return readLines(files, runFiles.samples, upTo, isSample);
}

/**
 * Takes a log back to a checkpoint: drops the lines of later steps, and what a kill left half-written. A log that is missing or has no
 * such line stays as it is.
 * @returns how many lines were dropped
 * @throws UserError when the system refuses
 */
export async function rewindLog(files: FileStore, name: string, step: number): Promise<number> {
  const lines = (await readText(files, name)).split('\n');
  const unfinished = lines.pop() === '' ? 0 : 1; // what follows the last line end
  const kept = lines.filter((line) => (parse(line)?.step ?? Number.POSITIVE_INFINITY) <= step);
  const dropped = lines.length - kept.length + unfinished;
  if (dropped > 0) await files.write('', [[name, kept.map((line) => `${line}\n`).join('')]]);
  return dropped;
}

async function readLines<Line extends Reported>(
  files: FileStore,
  name: string,
  upTo: number,
  isLine: (line: object) => line is Line,
): Promise<readonly Line[]> {
  return (await readText(files, name)).split('\n').flatMap((json) => {
    const line = parse(json);
    return line !== undefined && isLine(line) && line.step <= upTo ? line : [];
  });
}

async function readText(files: FileStore, name: string): Promise<string> {
  if (!(await files.list('')).includes(name)) return '';
  return new TextDecoder().decode(await files.read(name, 'the log'));
}

/** What every line of a log has. */
interface Reported {
  readonly step: number;
}

/** Undefined for a line that is damaged. */
function parse(json: string): Reported | undefined {
  try {
    const line: unknown = JSON.parse(json);
    return typeof line === 'object' && line !== null && 'step' in line && typeof line.step === 'number'
      ? { ...line, step: line.step }
      : undefined;
  } catch {
    return undefined;
  }
}
