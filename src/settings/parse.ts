import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { suggestion } from './names.ts';
import type { SettingEntries, SettingsOf } from './setting.ts';

/**
 * The values of all settings: what is given, checked, and the defaults of the rest.
 * @param owner whose settings they are, for the message: `gpt`
 * @throws UserError for a name that is none of the settings, and a value that is not allowed
 */
export function parseSettings<Entries extends SettingEntries>(
  entries: Entries,
  given: Readonly<Record<string, unknown>>,
  owner: string,
): SettingsOf<Entries> {
  const there = Object.entries(given).filter(([, value]) => value !== undefined);
  const unknown = there.find(([name]) => !Object.hasOwn(entries, name));
  if (unknown !== undefined) {
    throw new UserError(`${owner} has no setting "${unknown[0]}".${suggestion(unknown[0], Object.keys(entries))}`, {
      exitCode: 2,
    });
  }
  const parsed = v.safeParse(v.object({ ...entries }), Object.fromEntries(there));
  if (parsed.success) return parsed.output as SettingsOf<Entries>;
  const [issue] = parsed.issues;
  const name = v.getDotPath(issue) ?? 'it';
  const found = typeof issue.input === 'number' ? `${issue.input}` : (JSON.stringify(issue.input) ?? 'left out');
  throw new UserError(`${owner}: ${name} ${issue.message}, not ${found}.`, { exitCode: 2 });
}
