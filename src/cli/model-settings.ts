import { UserError } from '../errors.ts';
import type { Model } from '../model/index.ts';
import { describeSetting } from '../settings/describe.ts';
import type { SettingValue } from '../settings/setting.ts';
import { type SettingRow, valuesOf } from './setting-row.ts';

/** What models say of their settings, as rows: a setting that several models have is one option. */
export function modelRows(models: readonly Model[]): Readonly<Record<string, SettingRow>> {
  // The largest model comes first: it has the most settings, in the order that help shows them in.
  const names = new Set(models.toReversed().flatMap(({ settings }) => Object.keys(settings)));
  return Object.fromEntries([...names].map((name) => [name, rowOf(name, models)]));
}

function rowOf(name: string, models: readonly Model[]): SettingRow {
  const having = models.filter(({ settings }) => Object.hasOwn(settings, name));
  const schemas = having.flatMap(({ settings }) => settings[name] ?? []);
  const [first] = schemas;
  if (first === undefined) throw new TypeError(`no model has ${name}`);
  const described = describeSetting(name, first);
  return {
    group: 'Model',
    description: described.description,
    values: valuesOf(described, schemas),
    ...(having.length === models.length ? {} : { models: having.map((model) => model.name) }),
  };
}

/** Rows with those of models among them. @throws UserError for a setting of a model that is called as one of training is */
export function withModelRows(
  rows: Readonly<Record<string, SettingRow>>,
  models: readonly Model[],
): Readonly<Record<string, SettingRow>> {
  const own = modelRows(models);
  const taken = Object.keys(own).find((name) => Object.hasOwn(rows, name));
  if (taken !== undefined) {
    const owner = models.find(({ settings }) => Object.hasOwn(settings, taken))?.name;
    throw new UserError(`${owner} has a setting called "${taken}", which training has too: give it another name.`, {
      exitCode: 2,
    });
  }
  return { ...own, ...rows };
}

/** Of given settings, those that a model has. */
export function settingsOfModel(
  { settings }: Model,
  given: Readonly<Record<string, SettingValue | undefined>>,
): Readonly<Record<string, SettingValue>> {
  const own = Object.keys(settings).flatMap((name) => {
    const value = given[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(own);
}
