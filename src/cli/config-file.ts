import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import type { Model } from '../model/index.ts';
import { keyOf, suggestion } from '../settings/names.ts';
import { readFileChecked } from '../storage/atomic-file.ts';
import { type ChosenModel, isModulePath, loadModelModule } from './model-module.ts';
import type { SettingRow } from './setting-row.ts';
import { settingEntries, type TrainSettings } from './settings.ts';

/** What a configuration file holds: a model's name, a text, and settings. */
export interface FileSettings extends TrainSettings {
  /** The model's name, or the path of its module. */
  readonly model?: string;
  readonly data?: string;
}

const schemaFor = (models: readonly Model[]) =>
  v.strictObject({
    model: v.optional(v.string()),
    data: v.optional(v.string()),
    ...Object.fromEntries(settingEntries(models).map(([name, row]) => [keyOf(name), v.optional(valuesOf(row))])),
  });

function valuesOf({ values }: SettingRow): v.GenericSchema {
  if (values.kind === 'switch') return v.boolean('It must be true or false.');
  if (values.kind === 'choice') return v.picklist(values.choices, `It must be one of ${values.choices.join(', ')}.`);
  const message = `It must be ${values.rule.allowed}.`;
  return v.pipe(v.number(message), v.check(values.rule.holds, message));
}

/** A configuration file that was read: its model decides which settings it may have. */
export interface ConfigFile {
  /** The model's name, or the path of its module from the current folder on. */
  readonly model: string | undefined;
  /** @throws UserError for a key that is unknown or a value that can't be: wrong usage */
  settings(models: readonly Model[]): FileSettings;
}

/** @throws UserError when it can't be read or is no JSON */
export async function readConfigFile(path: string): Promise<ConfigFile> {
  const text = new TextDecoder().decode(await readFileChecked(path, 'the configuration'));
  const json = parseJson(text, path);
  const { model: name }: { model?: unknown } = { ...Object(json) };
  const model = typeof name === 'string' && isModulePath(name) ? resolve(dirname(path), name) : name;
  return {
    model: typeof model === 'string' ? model : undefined,
    settings: (models) => settingsIn(json, path, models),
  };
}

/** The model of a user's own module that a configuration file names; undefined when there is none. */
export async function modelInConfig(path: string | undefined): Promise<ChosenModel | undefined> {
  if (path === undefined || !existsSync(path)) return undefined; // whoever trains tells that it is missing
  const { model } = await readConfigFile(path);
  return model !== undefined && isModulePath(model) ? loadModelModule(model) : undefined;
}

function settingsIn(json: unknown, path: string, models: readonly Model[]): FileSettings {
  const parsed = v.safeParse(schemaFor(models), json);
  if (!parsed.success) refuse(path, json, parsed.issues[0], models);
  const { model: _name, data, ...settings } = parsed.output;
  const named = settingEntries(models).flatMap(([name]) => {
    const value = (settings as Readonly<Record<string, unknown>>)[keyOf(name)];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...(data === undefined ? {} : { data }), ...Object.fromEntries(named) };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const where = cause instanceof Error ? ` (${cause.message})` : '';
    throw new UserError(`${path} is no JSON${where}: mend it, or leave --config out.`, { exitCode: 2, cause });
  }
}

function refuse(path: string, json: unknown, issue: v.BaseIssue<unknown>, models: readonly Model[]): never {
  const key = v.getDotPath(issue);
  if (key === null || Array.isArray(json))
    throw new UserError(`${path} must hold one JSON object of settings.`, { exitCode: 2 });
  if (issue.type === 'strict_object') {
    const known = ['model', 'data', ...settingEntries(models).map(([name]) => keyOf(name))];
    throw new UserError(`${path}: unknown setting "${key}".${suggestion(key, known)}`, { exitCode: 2 });
  }
  throw new UserError(`${path} sets ${key} to ${JSON.stringify(issue.input)}. ${issue.message}`, { exitCode: 2 });
}

/** The text of a configuration file. */
export function encodeConfigFile({ model, data, ...settings }: FileSettings, models?: readonly Model[]): string {
  const named = settingEntries(models).flatMap(([name]) =>
    settings[name] === undefined ? [] : [[keyOf(name), settings[name]] as const],
  );
  const head = { ...(model === undefined ? {} : { model }), ...(data === undefined ? {} : { data }) };
  return `${JSON.stringify({ ...head, ...Object.fromEntries(named) }, null, 2)}\n`;
}
