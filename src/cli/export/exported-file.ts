import type { PrecisionOptions } from '../../export/precision/precision.ts';
import type { ExportOptions } from './export-options.ts';

/** A file that was written. */
export interface ExportedFile {
  readonly file: string;
  readonly nodes: number;
  readonly parameters: number;
  /** Together with the file of weights beside it. */
  readonly bytes: number;
  readonly opset: number;
  /** How long the trial run took. */
  readonly milliseconds: number;
  /** The validation loss in this precision, and in float32, where they were measured. */
  readonly loss?: number;
  readonly fp32Loss?: number;
}

/** Shows on a terminal which file is being written. */
export function announce(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what} …`);
}

/** The precision that the options ask for. */
export function precisionOf({ dtype, quantized }: ExportOptions): PrecisionOptions {
  return { dtype, ...(quantized === undefined ? {} : { form: quantized }) };
}
