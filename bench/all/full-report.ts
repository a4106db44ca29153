import type { Machine } from '../common/machine.ts';
import type { Report } from '../common/report.ts';

/** A full run. */
export interface FullReport {
  /** When it began, in ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  /** In the order in which they were made: those of `partsOfAll`. */
  readonly reports: readonly (Report & { readonly name: string })[];
}
