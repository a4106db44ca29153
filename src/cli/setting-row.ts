import * as v from 'valibot';
import type { SettingDescription } from '../settings/describe.ts';
import type { Setting } from '../settings/setting.ts';
import { type NumberRule, numberForms } from './options.ts';

/** What a setting may be. */
export type SettingValues =
  | { readonly kind: 'number'; readonly rule: NumberRule; readonly argument?: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[]; readonly argument: string }
  /** `off` is what it means to be turned off. */
  | { readonly kind: 'switch'; readonly off: string };

/** One hyperparameter: its place in the help, and whether a run that goes on may have another than it began with. */
export interface SettingRow {
  readonly group: 'Run' | 'Model' | 'Optimizer' | 'Reports';
  readonly description: string;
  readonly values: SettingValues;
  readonly changeable?: true;
  /** The models that have it; unset is all. */
  readonly models?: readonly string[];
  /** The optimizers that have it; unset is all. */
  readonly optimizers?: readonly string[];
}

/**
 * What a setting that describes itself may be as an option.
 * @param schemas any of which may accept a number: several optimizers may have a setting of this name
 */
export function valuesOf(described: SettingDescription, schemas: readonly Setting[]): SettingValues {
  const { kind, argument, allowed } = described;
  if (kind === 'switch') return { kind, off: described.off };
  if (kind === 'choice') return { kind, choices: described.choices, argument };
  if (kind === 'text') throw new TypeError(`${described.name} is a text, which no option of training is`);
  const form = described.whole ? numberForms.whole : numberForms.decimal;
  const holds = (value: number): boolean => schemas.some((schema) => v.is(schema, value));
  return { kind, argument, rule: { form, allowed, holds } };
}
