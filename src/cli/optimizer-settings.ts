import { describeSetting } from '../settings/describe.ts';
import type { SettingValue } from '../settings/setting.ts';
import { optimizerNamed, optimizers } from '../train/optimizers/index.ts';
import { type Optimizer, type OptimizerSetup, sharedSettings } from '../train/optimizers/optimizer.ts';
import type { Schedule } from '../train/trainer/schedule.ts';
import { type SettingRow, valuesOf } from './setting-row.ts';

const group = { group: 'Optimizer' } as const;

/** Which optimizer, what each of them has of its own, and what all have: rows made from what optimizers say of themselves. */
export function optimizerRows(known: readonly Optimizer[]): Readonly<Record<string, SettingRow>> {
  const names = known.map(({ name }) => name);
  const own = new Set(known.flatMap(({ settings }) => Object.keys(settings)));
  return {
    optimizer: {
      ...group,
      values: { kind: 'choice', choices: names, argument: 'name' },
      description: 'what moves the parameters along their gradients',
    },
    ...Object.fromEntries([...own].map((name) => [name, ownRow(name, known)])),
    ...Object.fromEntries(
      Object.entries(sharedSettings).map(([name, setting]) => {
        const described = describeSetting(name, setting);
        return [name, { ...group, values: valuesOf(described, [setting]), description: described.description }];
      }),
    ),
  };
}

/** A setting that some optimizers have: one option, though each may say of it what it is there. */
function ownRow(name: string, known: readonly Optimizer[]): SettingRow {
  const having = known.flatMap(({ name: optimizer, settings }) => {
    const setting = settings[name];
    return setting === undefined ? [] : [{ optimizer, setting, described: describeSetting(name, setting) }];
  });
  const [first] = having;
  if (first === undefined) throw new TypeError(`no optimizer has ${name}`);
  const said = [...new Set(having.map(({ described }) => described.description))];
  const parts = said.map((description) => {
    const by = having.filter(({ described }) => described.description === description);
    if (by.length === known.length) return description;
    return `${by.map(({ optimizer }) => optimizer).join(', ')}: ${description}`;
  });
  return {
    ...group,
    values: valuesOf(
      first.described,
      having.map(({ setting }) => setting),
    ),
    description: parts.join('; '),
    optimizers: having.map(({ optimizer }) => optimizer),
  };
}

/**
 * The optimizer of a run: the preset's, with what is set; or another, with its own defaults and the preset's clipping.
 * @throws UserError for an optimizer that there is not, and for what it does not allow
 */
export function optimizerWith(
  preset: OptimizerSetup,
  settings: Readonly<Record<string, SettingValue | undefined>>,
): OptimizerSetup {
  const { name, ...known } = preset;
  const { decayed, clip } = preset;
  const optimizer = optimizerNamed(String(settings.optimizer ?? name));
  const own = Object.keys({ ...optimizer.settings, ...sharedSettings });
  const set = own.flatMap((key) => (settings[key] === undefined ? [] : [[key, settings[key]] as const]));
  const base = optimizer.name === name ? known : { decayed, clip };
  return optimizer.with({ ...base, ...Object.fromEntries(set) });
}

/** The preset's learning rate, as it suits another optimizer. */
export function learningRateFor(optimizer: string, preset: { schedule: Schedule; optimizer: OptimizerSetup }): number {
  const { learningRate } = preset.schedule;
  const scale = optimizerNamed(optimizer).learningRateScale / optimizerNamed(preset.optimizer.name).learningRateScale;
  return scale === 1 ? learningRate : Number((learningRate * scale).toPrecision(12));
}

/** What help says of the learning rate that an optimizer has where none is set. */
export function learningRateDefaults(): string {
  const scales = optimizers()
    .filter(({ learningRateScale }) => learningRateScale !== 1)
    .map(({ name, learningRateScale }) => `${name} ${learningRateScale} times that`);
  return ["the preset's", ...scales].join(', ');
}
