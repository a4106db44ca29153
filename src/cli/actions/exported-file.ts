import type { PrecisionOptions } from '../../export/precision/precision.ts';
import type { ExportOptions } from '../export.ts';

/** What was written, a row a file. */
export interface ExportedFile {
  readonly file: string;
  readonly nodes: number;
  readonly parameters: number;
  /** Those of the weights beside it included. */
  readonly bytes: number;
  readonly opset: number;
  /** How long the trial run took. */
  readonly milliseconds: number;
  /** The validation loss in this precision, and in float32, where they were measured. */
  readonly loss?: number;
  readonly fp32Loss?: number;
}

/** Shows what is being written, where someone looks. */
export function announce(what: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${what} …`);
}

/** What the weights are stored as. */
export function precisionOf({ dtype, quantized }: ExportOptions): PrecisionOptions {
  return { dtype, ...(quantized === undefined ? {} : { form: quantized }) };
}
