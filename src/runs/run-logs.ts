import { readFile } from 'node:fs/promises';
import { errorCode, fileError } from '../storage/system-error.ts';
import type { Metrics, Sample } from '../trainer/run-files.ts';

/**
 * The lines of metrics.jsonl up to a step. What is damaged, or not there, is left out: a log is no reason to refuse a run.
 * @throws UserError when the system refuses to read it
 */
export function readMetrics(path: string, upTo: number = Number.POSITIVE_INFINITY): Promise<readonly Metrics[]> {
  return readLines(path, upTo, (line): line is Metrics & object => 'loss' in line);
}

/** The lines of samples.jsonl up to a step; see `readMetrics`. */
export function readSamples(path: string, upTo: number = Number.POSITIVE_INFINITY): Promise<readonly Sample[]> {
  return readLines(path, upTo, (line): line is Sample & object => 'text' in line && typeof line.text === 'string');
}

async function readLines<Line extends { readonly step: number }>(
  path: string,
  upTo: number,
  isLine: (line: object) => line is Line,
): Promise<readonly Line[]> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (errorCode(error) === 'ENOENT') return '';
    throw fileError(error, 'read', path);
  });
  return text.split('\n').flatMap((json) => {
    const line = parse(json);
    return line !== undefined && isLine(line) && line.step <= upTo ? line : [];
  });
}

function parse(json: string): object | undefined {
  try {
    const line: unknown = JSON.parse(json);
    return typeof line === 'object' && line !== null ? line : undefined;
  } catch {
    return undefined;
  }
}
