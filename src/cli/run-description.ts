import { defineModel } from '../../models/index.ts';
import { parameterCount } from '../programs/parameters.ts';
import type { DeviceName } from '../runtime/session.ts';
import type { TrainerRecord } from '../trainer/record.ts';
import { formatCount } from './format.ts';
import { settingsOf } from './run-settings.ts';
import { keyOf, type SettingRow, settingEntries } from './settings.ts';

/** Where a run takes place. */
export interface Surroundings {
  /** What to call the text. */
  readonly text: string;
  readonly directory: string;
  readonly device: DeviceName;
}

const widest = 100;

/** What is being trained on what, and how: all that a run's user may want to read before it starts. */
export function describeRun(record: TrainerRecord, { text, directory, device }: Surroundings): string {
  const { config, step, setup, vocabulary, data } = record;
  const parameters = formatCount(parameterCount(defineModel(config)));
  const what = step === 0 ? 'Training' : `Going on from step ${formatCount(step)} with`;
  const groups = settingGroups(record).map(({ title, settings }) => {
    const parts = settings.map(({ label, value }) => `${label} ${value}`);
    return wrapped(title.padEnd(11), parts);
  });
  return [
    `${what} ${config.model}: ${parameters} parameters, ${formatCount(setup.steps)} steps, on ${device}.`,
    `Text: ${text}, ${formatCount(data.characters)} characters of ${vocabulary.length} kinds; the last tenth is for validation.`,
    ...groups,
    `Run directory: ${directory}. Ctrl-C saves and stops.`,
  ].join('\n');
}

/** A run's settings, each with what it is called in a configuration file. */
export interface SettingGroup {
  readonly title: string;
  readonly settings: readonly { readonly label: string; readonly value: string }[];
}

/** All settings of a run, in groups. */
export function settingGroups(record: TrainerRecord): readonly SettingGroup[] {
  const settings = settingsOf(record);
  const shown = settingEntries().flatMap(([name, { group }]) => {
    const value = settings[name];
    return value === undefined ? [] : [{ group, label: keyOf(name).replaceAll('_', ' '), value: shownValue(value) }];
  });
  const titles: Readonly<Record<SettingRow['group'], string>> = {
    Run: 'Run',
    Model: 'Model',
    'Optimizer (AdamW)': 'Optimizer',
    Reports: 'Reports',
  };
  return Object.entries(titles).map(([group, title]) => ({
    title,
    settings: shown.filter((setting) => setting.group === group).map(({ label, value }) => ({ label, value })),
  }));
}

function shownValue(value: string | number | boolean): string {
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return typeof value === 'number' && Number.isInteger(value) && value >= 10_000 ? formatCount(value) : `${value}`;
}

/** Parts with dots between, in as many lines as they need, indented under the first. */
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
