import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { readFileChecked } from '../storage/atomic-file.ts';
import { keyOf, type SettingRow, settingEntries, type TrainSettings } from './settings.ts';

/** What a configuration file holds: a model's name, a text, and settings. */
export interface FileSettings extends TrainSettings {
  readonly model?: string;
  readonly data?: string;
}

const rows = settingEntries();

const schema = v.strictObject({
  model: v.optional(v.string()),
  data: v.optional(v.string()),
  ...Object.fromEntries(rows.map(([name, row]) => [keyOf(name), v.optional(valuesOf(row))])),
});

function valuesOf({ values }: SettingRow): v.GenericSchema {
  if (values.kind === 'switch') return v.boolean('It must be true or false.');
  if (values.kind === 'choice') return v.picklist(values.choices, `It must be one of ${values.choices.join(', ')}.`);
  const message = `It must be ${values.rule.allowed}.`;
  return v.pipe(v.number(message), v.check(values.rule.holds, message));
}

/**
 * The settings in a JSON file.
 * @throws UserError when it can't be read or is no JSON, and for a key that is unknown or a value that can't be: wrong usage.
 */
export async function readConfigFile(path: string): Promise<FileSettings> {
  const text = new TextDecoder().decode(await readFileChecked(path, 'the configuration'));
  const json = parseJson(text, path);
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) refuse(path, json, parsed.issues[0]);
  const { model, data, ...settings } = parsed.output;
  const named = rows.flatMap(([name]) => {
    const value = (settings as Readonly<Record<string, unknown>>)[keyOf(name)];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...(model === undefined ? {} : { model }),
    ...(data === undefined ? {} : { data }),
    ...Object.fromEntries(named),
  };
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const where = cause instanceof Error ? ` (${cause.message})` : '';
    throw new UserError(`${path} is no JSON${where}: mend it, or leave --config out.`, { exitCode: 2, cause });
  }
}

function refuse(path: string, json: unknown, issue: v.BaseIssue<unknown>): never {
  const key = v.getDotPath(issue);
  if (key === null || Array.isArray(json))
    throw new UserError(`${path} must hold one JSON object of settings.`, { exitCode: 2 });
  if (issue.type === 'strict_object') {
    const known = ['model', 'data', ...rows.map(([name]) => keyOf(name))];
    throw new UserError(`${path} has a setting that there is not, ${key}; there are ${known.join(', ')}.`, {
      exitCode: 2,
    });
  }
  throw new UserError(`${path} sets ${key} to ${JSON.stringify(issue.input)}. ${issue.message}`, { exitCode: 2 });
}

/** The text of a configuration file. */
export function encodeConfigFile({ model, data, ...settings }: FileSettings): string {
  const named = rows.flatMap(([name]) =>
    settings[name] === undefined ? [] : [[keyOf(name), settings[name]] as const],
  );
  const head = { ...(model === undefined ? {} : { model }), ...(data === undefined ? {} : { data }) };
  return `${JSON.stringify({ ...head, ...Object.fromEntries(named) }, null, 2)}\n`;
}
