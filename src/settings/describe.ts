import * as v from 'valibot';
import { labelOf } from './names.ts';
import { bare, inWords, type NumberLimits, type Setting, type SettingEntries, type SettingValue } from './setting.ts';

/** A setting as options, help, files and forms are made from it. */
export type SettingDescription = {
  readonly name: string;
  /** What it sets. */
  readonly description: string;
  /** What a form calls it. */
  readonly label: string;
  /** What its value is called in help. */
  readonly argument: string;
  /** The key under which `config.json` holds it, where other tools have a word for it. */
  readonly key: string | undefined;
  /** Undefined where it has to be given. */
  readonly default: SettingValue | undefined;
  /** What it may be, in words: `a whole number from 1`. */
  readonly allowed: string;
} & (NumberDescription | ChoiceDescription | SwitchDescription | TextDescription);

export interface NumberDescription extends NumberLimits {
  readonly kind: 'number';
  readonly whole: boolean;
}

export interface ChoiceDescription {
  readonly kind: 'choice';
  readonly choices: readonly string[];
}

export interface SwitchDescription {
  readonly kind: 'switch';
  /** What it means to be off. */
  readonly off: string;
}

export interface TextDescription {
  readonly kind: 'text';
}

/**
 * What settings say of themselves, in their order. Read from the schemas, so settings that were written with valibot's own functions
 * (numbers, integers, limits, picklists, booleans, descriptions) are understood as well.
 * @throws TypeError for a schema that is none of these
 */
export function describeSettings(entries: SettingEntries): readonly SettingDescription[] {
  return Object.entries(entries).map(([name, setting]) => describeSetting(name, setting));
}

/** What one setting says of itself; see `describeSettings`. */
export function describeSetting(name: string, setting: Setting): SettingDescription {
  const schema = bare(setting);
  const pipe = 'pipe' in schema ? (schema.pipe as readonly Action[]) : [schema as Action];
  const { description, label, argument, key, off } = Object.assign(
    {},
    ...pipe.map(({ type, metadata, description }) => ({
      ...(type === 'metadata' ? metadata : type === 'description' ? { description } : {}),
    })),
  ) as Readonly<Record<string, string | undefined>>;
  const initial = v.getDefault(setting) as SettingValue | undefined;
  const common = { name, description: description ?? name, label: label ?? labelOf(name), key, default: initial };
  const [root] = pipe;
  switch (root?.type) {
    case 'number': {
      const limits = limitsOf(pipe);
      const whole = pipe.some(({ type }) => type === 'integer' || type === 'safe_integer');
      const allowed = inWords(whole ? 'a whole number' : 'a number', limits);
      return { ...common, kind: 'number', whole, ...limits, argument: argument ?? 'number', allowed };
    }
    case 'picklist': {
      const choices = root.options ?? [];
      return {
        ...common,
        kind: 'choice',
        choices,
        argument: argument ?? 'name',
        allowed: `one of ${choices.join(', ')}`,
      };
    }
    case 'boolean':
      return { ...common, kind: 'switch', off: off ?? `no ${name}`, argument: '', allowed: 'true or false' };
    case 'string':
      return { ...common, kind: 'text', argument: argument ?? 'text', allowed: 'a text' };
    default:
      throw new TypeError(`The setting ${name} is none of a number, a picklist, a boolean and a string.`);
  }
}

/** What is looked at in a valibot schema and the steps of its pipe. */
interface Action {
  readonly type: string;
  readonly requirement?: unknown;
  readonly options?: readonly string[];
  readonly description?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

const limitNames: Readonly<Record<string, keyof NumberLimits>> = {
  min_value: 'min',
  max_value: 'max',
  gt_value: 'above',
  lt_value: 'below',
};

/** Limits that exclude nothing are none. */
function limitsOf(pipe: readonly Action[]): NumberLimits {
  const found = pipe.flatMap(({ type, requirement }) => {
    const name = limitNames[type];
    const isLimit = typeof requirement === 'number' && Math.abs(requirement) < Number.MAX_SAFE_INTEGER;
    return name === undefined || !isLimit ? [] : [[name, requirement] as const];
  });
  return Object.fromEntries(found);
}
