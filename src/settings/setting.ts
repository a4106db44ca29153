import * as v from 'valibot';

/** What a setting can be set to. */
export type SettingValue = number | string | boolean;

/** One setting: a valibot schema of its values, with its default and its words for people. The builders of this file make them. */
export type Setting<Value extends SettingValue = SettingValue> = v.GenericSchema<Value | undefined, Value>;

/** Settings by name. */
export type SettingEntries = Readonly<Record<string, Setting>>;

/** The values of settings, by name. */
export type SettingsOf<Entries extends SettingEntries> = {
  readonly [Name in keyof Entries]: v.InferOutput<Entries[Name]>;
};

/** Values by name, of settings that nobody here knows. */
export type Settings = Readonly<Record<string, SettingValue>>;

/** What a setting says of itself to people and files. */
export interface SettingWords {
  /** What it sets, as help and forms say it: `attention heads of a layer`. */
  readonly description: string;
  /** What a form calls it, where that is not its name: `block size`. */
  readonly label?: string;
  /** What its value is called in help: `<steps>`. `number` or `name` unless told. */
  readonly argument?: string;
  /** The key under which `config.json` holds it, where other tools have a word for it: `n_head`. */
  readonly key?: string;
}

export interface NumberLimits {
  /** The lowest value allowed. */
  readonly min?: number;
  /** The highest value allowed. */
  readonly max?: number;
  /** Every value must be larger than this. */
  readonly above?: number;
  /** Every value must be smaller than this. */
  readonly below?: number;
}

interface WithDefault<Value> {
  readonly default: Value;
}

/** A setting that is a whole number, from 1 unless told otherwise. */
export function wholeNumber({
  default: initial,
  min = 1,
  max,
  ...words
}: SettingWords & WithDefault<number> & Pick<NumberLimits, 'min' | 'max'>): Setting<number> {
  const message = `must be ${inWords('a whole number', { min, ...(max === undefined ? {} : { max }) })}`;
  return v.optional(
    v.pipe(
      v.number(message),
      v.safeInteger(message),
      v.minValue(min, message),
      v.maxValue(max ?? Number.MAX_SAFE_INTEGER, message),
      v.metadata({ ...words }),
    ),
    initial,
  );
}

/** A setting that is any finite number within its limits. */
export function decimalNumber({
  default: initial,
  min,
  max,
  above,
  below,
  ...words
}: SettingWords & WithDefault<number> & NumberLimits): Setting<number> {
  const limits = given({ min, max, above, below });
  const message = `must be ${inWords('a number', limits)}`;
  return v.optional(
    v.pipe(
      v.number(message),
      v.finite(message),
      v.minValue(min ?? Number.NEGATIVE_INFINITY, message),
      v.maxValue(max ?? Number.POSITIVE_INFINITY, message),
      v.gtValue(above ?? Number.NEGATIVE_INFINITY, message),
      v.ltValue(below ?? Number.POSITIVE_INFINITY, message),
      v.metadata({ ...words }),
    ),
    initial,
  );
}

/** A setting that is one of a few names. */
export function choice<const Choices extends readonly [string, ...string[]]>(
  choices: Choices,
  { default: initial, ...words }: SettingWords & WithDefault<Choices[number]>,
): Setting<Choices[number]> {
  const message = `must be one of ${choices.join(', ')}`;
  return v.optional(v.pipe(v.picklist(choices, message), v.metadata({ ...words })), initial);
}

/** A setting that is on or off. @param off what it means to be off, for help: `no biases` */
export function toggle({
  default: initial,
  ...words
}: SettingWords & WithDefault<boolean> & { readonly off: string }): Setting<boolean> {
  return v.optional(v.pipe(v.boolean('must be true or false'), v.metadata({ ...words })), initial);
}

/** The same settings with other defaults. @throws TypeError for a default that a setting does not allow */
export function withDefaults<Entries extends SettingEntries>(
  entries: Entries,
  defaults: Partial<SettingsOf<Entries>>,
): Entries {
  const changed = Object.entries(entries).map(([name, setting]) => {
    const initial = defaults[name];
    if (initial === undefined) return [name, setting] as const;
    return [name, v.optional(bare(setting) as v.GenericSchema<SettingValue>, initial)] as const;
  });
  return Object.fromEntries(changed) as Entries;
}

/** A setting's schema without its default. */
export function bare(setting: Setting): v.GenericSchema {
  return 'wrapped' in setting ? (setting.wrapped as v.GenericSchema) : setting;
}

/** `a whole number from 1 to 9`, `a number above 0 and below 1`. */
export function inWords(noun: string, { min, max, above, below }: NumberLimits): string {
  const lower = min !== undefined ? `from ${min}` : above !== undefined ? `above ${above}` : undefined;
  const upper =
    max !== undefined
      ? `${min !== undefined ? '' : 'up '}to ${max}`
      : below !== undefined
        ? `below ${below}`
        : undefined;
  if (lower === undefined || upper === undefined) return [noun, lower ?? upper].filter(Boolean).join(' ');
  return min !== undefined && max !== undefined ? `${noun} ${lower} ${upper}` : `${noun} ${lower} and ${upper}`;
}

function given(limits: { readonly [Name in keyof NumberLimits]: NumberLimits[Name] | undefined }): NumberLimits {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
}
