import { parameterCount } from '../../programs/parameters.ts';
import type { DeviceName } from '../../runtime/session.ts';
import { labelOf } from '../../settings/names.ts';
import { unitOf } from '../../text/tokenizer.ts';
import type { TrainerRecord } from '../../train/trainer/record.ts';
import { formatCount } from '../format.ts';
import { settingsOf } from '../run-settings.ts';
import type { SettingRow } from '../setting-row.ts';
import { settingEntries } from '../settings.ts';

/** The text, the directory and the device of a run. */
export interface Surroundings {
  /** The name of the text. */
  readonly text: string;
  readonly directory: string;
  readonly device: DeviceName;
}

const widest = 100;

/** What is trained on what, and how, in lines to print before a run starts. */
export function describeRun(record: TrainerRecord, { text, directory, device }: Surroundings): string {
  const { model, step, setup } = record;
  const parameters = formatCount(parameterCount(model));
  const what = step === 0 ? 'Training' : `Going on from step ${formatCount(step)} with`;
  const groups = settingGroups(record).map(({ title, settings }) => {
    const parts = settings.map(({ label, value }) => `${label} ${value}`);
    return wrapped(title.padEnd(11), parts);
  });
  return [
    `${what} ${model.name}: ${parameters} parameters, ${formatCount(setup.steps)} steps, on ${device}.`,
    `Text: ${text}, ${describeText(record)}; the last tenth is for validation.`,
    ...groups,
    `Run directory: ${directory}. Ctrl-C saves and stops.`,
  ].join('\n');
}

/** How long the text is, and how many kinds of tokens it has. */
export function describeText({ data, tokenizer }: Pick<TrainerRecord, 'data' | 'tokenizer'>): string {
  const characters = `${formatCount(data.characters)} characters`;
  return `${characters}${unitOf(tokenizer) === 'character' ? '' : ' in tokens'} of ${tokenizer.size} kinds`;
}

/** Settings of a run, with the names of a configuration file. */
export interface SettingGroup {
  readonly title: string;
  readonly settings: readonly { readonly label: string; readonly value: string }[];
}

/** All settings of a run, in groups. */
export function settingGroups(record: TrainerRecord): readonly SettingGroup[] {
  const settings = settingsOf(record);
  const shown = settingEntries([record.model.definition]).flatMap(([name, { group }]) => {
    const value = settings[name];
    return value === undefined ? [] : [{ group, label: labelOf(name), value: shownValue(value) }];
  });
  const titles: readonly SettingRow['group'][] = ['Run', 'Model', 'Optimizer', 'Reports'];
  return titles.map((title) => ({
    title,
    settings: shown.filter(({ group }) => group === title).map(({ label, value }) => ({ label, value })),
  }));
}

function shownValue(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' && Number.isInteger(value) && value >= 10_000 ? formatCount(value) : `${value}`;
}

/** Parts separated by dots, wrapped, with further lines indented. */
function wrapped(start: string, parts: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const part of parts) {
    const longer = line === '' ? part : `${line} · ${part}`;
    if (start.length + longer.length > widest && line !== '') {
      lines.push(line);
      line = part;
    } else line = longer;
  }
  return [...lines, line].map((text, index) => `${index === 0 ? start : ' '.repeat(start.length)}${text}`).join('\n');
}
