import { UserError } from '../../errors.ts';
import type { Operand, Value } from '../../graph/index.ts';
import { parseSettings } from '../../settings/parse.ts';
import { choice, decimalNumber, type SettingEntries, type Settings, type SettingsOf } from '../../settings/setting.ts';

/** What is set of every optimizer: how its gradients are clipped, and which parameters its weight decay shrinks. */
export const sharedSettings = {
  decayed: choice(['matrices', 'all'], {
    default: 'matrices',
    argument: 'which',
    description: 'what decays: tensors of 2 or more dimensions, or all',
  }),
  clip: decimalNumber({
    default: 1,
    min: 0,
    argument: 'norm',
    description: 'highest global norm of the gradient (0 = no limit)',
  }),
};

type SharedSettings = SettingsOf<typeof sharedSettings>;

/** An optimizer by its name, with all its settings: plain data, as the record of a run holds it. `with` of an optimizer makes it. */
export type OptimizerSetup<Own extends Settings = Settings> = { readonly name: string } & SharedSettings & Own;

/** What is the same for all tensors of a step; float32 scalars. */
export interface StepScalars {
  readonly learningRate: Value;
  /** The number of the step, from 1 on. */
  readonly step: Value;
  /** What clipping multiplies gradients by; undefined where nothing is clipped. Only `rawGradients` leave this to the update. */
  readonly clipScale: Value | undefined;
  /** A scalar, or another number in a step that is skipped because it is not finite. Only `rawGradients` leave this to the update. */
  readonly whenFinite: (scalar: Operand, otherwise: number) => Operand;
}

/** A parameter on its way through one step, or several laid end to end. */
export interface Trained<Slot extends string = string> {
  readonly parameter: Value;
  readonly gradient: Value;
  /** What is kept of it from step to step, by name; each in the parameter's shape. */
  readonly slots: Readonly<Record<Slot, Value>>;
  /** Whether weight decay shrinks it. */
  readonly decays: boolean;
}

/** What a step makes of a parameter and of all its slots. */
export interface Updated<Slot extends string = string> {
  readonly parameter: Value;
  readonly slots: Readonly<Partial<Record<Slot, Value>>>;
}

/** What an optimizer says of itself; see `defineOptimizer`. */
export interface OptimizerDefinition<Entries extends SettingEntries, Slot extends string> {
  /** Lower case letters, digits and hyphens: what `--optimizer` and the records of runs call it. */
  readonly name: string;
  /** How papers write its name; `name` unless told. */
  readonly title?: string;
  readonly description: string;
  /**
   * Its own settings. One called `weightDecay` is what weight decay is measured by: where it is 0, or is not there, nothing decays.
   * How the gradients are clipped (`clip`) and what decays (`decayed`) are settings of all optimizers.
   */
  readonly settings: Entries;
  /** What it keeps of each parameter: float32, in the parameter's shape, filled with a number at first. It may depend on the settings. */
  readonly slots: Slots<Slot> | ((settings: SettingsOf<Entries>) => Partial<Slots<Slot>>);
  /** Whether it treats each element by itself, so that parameters may be laid end to end and updated as one tensor. */
  readonly joinable: boolean;
  /** How large a learning rate suits it, beside AdamW's; 1 unless told. What presets say of AdamW is multiplied by it. */
  readonly learningRateScale?: number;
  /**
   * Whether `update` takes gradients as they come, and works clipping and the skipping of steps into its own scalars: a pass or more less
   * over each tensor. A gradient that is not finite comes as −1s, and a skipped step must leave everything as it is to the last bit.
   * Unless told, gradients come clipped, and skipped steps are undone.
   */
  readonly rawGradients?: boolean;
  /** Makes one step: computes what is the same for all tensors, and returns what is done with each. */
  readonly update: (scalars: StepScalars, settings: SettingsOf<Entries>) => (trained: Trained<Slot>) => Updated<Slot>;
}

type Slots<Slot extends string> = Readonly<Record<Slot, number>>;

/** A way to move parameters along their gradients; `defineOptimizer` makes it. */
export interface Optimizer<Entries extends SettingEntries = SettingEntries> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly settings: Entries;
  readonly joinable: boolean;
  readonly learningRateScale: number;
  readonly rawGradients: boolean;
  /** The slots of each parameter, and what they are filled with at first. */
  slots(setup: Settings): Readonly<Record<string, number>>;
  update(scalars: StepScalars, setup: Settings): (trained: Trained) => Updated;
  /**
   * The optimizer with these settings, and its defaults for the rest: what a train program and the setup of a run take.
   * @throws UserError for a setting that it does not have, and a value that is not allowed
   */
  with(settings?: Partial<SettingsOf<Entries> & SharedSettings>): OptimizerSetup<SettingsOf<Entries>>;
}

const defined = new Map<string, Optimizer>();

/** Every optimizer that was defined, in that order. */
export function definedOptimizers(): readonly Optimizer[] {
  return [...defined.values()];
}

/** Settings that stand beside an optimizer's own, in records and on the command line. */
const taken: readonly string[] = ['name', ...Object.keys(sharedSettings), 'optimizer', 'learningRate'];

/**
 * Defines an optimizer, and makes it known by its name: to `--optimizer`, and to whoever opens a run that was trained with it.
 * @throws UserError for a name that is taken or can't be one, and for settings or slots that can't be
 * @example
 * ```ts
 * const signum = defineOptimizer({
 *   name: 'sign-descent',
 *   description: 'a step of the same length for every element',
 *   settings: {},
 *   slots: {},
 *   joinable: true,
 *   update: ({ learningRate }) => ({ parameter, gradient }) => ({
 *     parameter: sub(parameter, mul(tanh(mul(gradient, 1e6)), learningRate)),
 *     slots: {},
 *   }),
 * });
 * const program = trainProgram(model, { optimizer: signum.with({ clip: 0 }) });
 * ```
 */
export function defineOptimizer<Entries extends SettingEntries, Slot extends string>(
  definition: OptimizerDefinition<Entries, Slot>,
): Optimizer<Entries> {
  const {
    name,
    title = name,
    description,
    settings,
    slots,
    joinable,
    learningRateScale = 1,
    rawGradients = false,
  } = definition;
  if (!/^[a-z][a-z0-9-]*$/.test(name)) {
    refuse(`An optimizer's name has lower case letters, digits and hyphens, unlike "${name}": give it another.`);
  }
  if (defined.has(name)) refuse(`There is an optimizer ${name} already: define it once, or under another name.`);
  const reserved = Object.keys(settings).find((setting) => taken.includes(setting));
  if (reserved !== undefined) {
    refuse(`The optimizer ${name} can't call a setting ${reserved}, which every optimizer has: give it another name.`);
  }
  const ownSettings = (setup: Settings): SettingsOf<Entries> =>
    Object.fromEntries(Object.keys(settings).map((key) => [key, setup[key]])) as SettingsOf<Entries>;
  const optimizer: Optimizer<Entries> = {
    name,
    title,
    description,
    settings,
    joinable,
    learningRateScale,
    rawGradients,
    slots(setup) {
      const chosen = typeof slots === 'function' ? slots(ownSettings(setup)) : slots;
      const other = Object.keys(chosen).find((slot) => !/^[a-z]\w*$/i.test(slot));
      if (other === undefined) return chosen as Readonly<Record<string, number>>;
      return refuse(`A slot's name has letters, digits and underscores, unlike "${other}" of ${name}: rename it.`);
    },
    update: (scalars, setup) => definition.update(scalars, ownSettings(setup)) as (trained: Trained) => Updated,
    with: (given = {}) => {
      const all: Settings = parseSettings({ ...settings, ...sharedSettings }, given, name);
      return { name, ...all } as OptimizerSetup<SettingsOf<Entries>>;
    },
  };
  defined.set(name, optimizer);
  return optimizer;
}

/** What a slot of a parameter is called in training programs and checkpoints. */
export function slotName(parameter: string, slot: string): string {
  return `${parameter}.${slot}`;
}

function refuse(message: string): never {
  throw new UserError(message, { exitCode: 2 });
}
