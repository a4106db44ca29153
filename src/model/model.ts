import { UserError } from '../errors.ts';
import { formatShape, sameShape, Value } from '../graph/index.ts';
import { parseSettings } from '../settings/parse.ts';
import { type SettingEntries, type SettingsOf, wholeNumber } from '../settings/setting.ts';
import type { HuggingFaceFormat } from './hugging-face.ts';
import type { Initialization } from './initialization.ts';
import { inProgram, type ModelProgram, plainProgram } from './program.ts';

/** The one setting that every model has: how many tokens it sees at once. */
type Block = SettingsOf<{ block: ReturnType<typeof wholeNumber> }>;

/** What a definition is made from: its settings, and how many different tokens there are. */
export type SettingsIn<Entries extends SettingEntries> = SettingsOf<Entries> & Block & { readonly vocabulary: number };

/** What makes a model; see `defineModel`. */
export interface ModelDefinition<Entries extends SettingEntries = SettingEntries> {
  /** What the model is called, in files and messages. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly description?: string;
  /**
   * Its settings: schemas made by `wholeNumber`, `decimalNumber`, `choice` and `toggle`, or by valibot. `block`, the tokens that it sees
   * at once, is one of them; where it is left out, it is added with a default of 64.
   */
  readonly settings: Entries;
  /** What is wrong with settings that are allowed one by one but not together, in a sentence; undefined when nothing is. */
  readonly check?: (settings: SettingsIn<Entries>) => string | undefined;
  /**
   * The model itself, and nothing else.
   * @param tokens int32 (B, T)
   * @returns float32 (B, T, V): at each position, a score for each token that might come next
   */
  readonly logits: (tokens: Value, settings: SettingsIn<Entries>) => Value;
  /**
   * How weights begin: initializers by patterns of parameter names, of which the first that fits counts. What none fits begins as
   * `defaultInitialization` says.
   */
  readonly initialization?: Initialization | ((settings: SettingsIn<Entries>) => Initialization);
  /** How the model is known to learn well; settings of a training go before it. */
  readonly training?: Partial<TrainingHints>;
  /** How Hugging Face's tools know the model, where they do. */
  readonly huggingFace?: HuggingFaceFormat;
}

/** How a model learns well. */
export interface TrainingHints {
  /** Steps in all. */
  readonly steps: number;
  /** Blocks in a step. */
  readonly batch: number;
  /** The highest learning rate. */
  readonly learningRate: number;
  /** `cosine`: a warm-up, then down to a tenth, with clipping, as nanoGPT trains; `constant`: one rate, as the lecture trains. */
  readonly schedule: 'cosine' | 'constant';
}

const trainingHints: TrainingHints = { steps: 2000, batch: 12, learningRate: 1e-3, schedule: 'cosine' };

/** A model: a value to be handed to whoever trains, evaluates, exports or runs it. */
export interface Model<Entries extends SettingEntries = SettingEntries> {
  readonly name: string;
  readonly description: string;
  readonly settings: Entries;
  readonly training: TrainingHints;
  readonly huggingFace: HuggingFaceFormat | undefined;
  /**
   * The model with its settings chosen: what is left out has its default.
   * @throws UserError for a setting that the model does not have, a value that is not allowed, and values that don't fit together
   */
  configure(settings: GivenSettings<Entries>): ConfiguredModel;
}

/** Some of a model's settings, and how many different tokens there are. */
export type GivenSettings<Entries extends SettingEntries = SettingEntries> = Partial<SettingsOf<Entries>> &
  Partial<Block> & { readonly vocabulary: number };

/** A model with its settings chosen. Programs, trainers, folders and files are made from it. */
export interface ConfiguredModel {
  readonly definition: Model;
  readonly name: string;
  /** V: how many different tokens there are. */
  readonly vocabulary: number;
  /** The most tokens it sees at once. */
  readonly block: number;
  /** All settings, `block` included. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** How its weights begin, by patterns of parameter names. */
  readonly initialization: Initialization;
  /**
   * @param tokens int32 (B, T)
   * @param program what the program that the graph is for changes in it; nothing unless told
   * @returns float32 (B, T, V)
   * @throws UserError when the definition returns something else
   */
  logits(tokens: Value, program?: ModelProgram): Value;
  /** The same model with some settings changed. @throws UserError as `Model.configure` */
  with(settings: Partial<GivenSettings>): ConfiguredModel;
}

const blockSetting = {
  block: wholeNumber({
    default: 64,
    description: 'tokens that the model sees at once',
    label: 'block size',
    key: 'n_positions',
  }),
};

/** What settings can't be called: the configuration of a model has these beside them. */
const reservedNames: readonly string[] = ['vocabulary', 'model', 'module', 'version', 'data'];

/**
 * Defines a model.
 * @example
 * ```ts
 * export const model = defineModel({
 *   name: 'bigram',
 *   settings: {},
 *   logits: (tokens, { vocabulary }) => gather(embedding('table', vocabulary, vocabulary), tokens), // (B, T, V)
 * });
 * ```
 * @throws UserError for a name that can't be one, and for a setting whose name means something else
 */
export function defineModel<const Entries extends SettingEntries>(
  definition: ModelDefinition<Entries>,
): Model<Entries> {
  const { name, description = '', huggingFace } = definition;
  if (!/^[\w.-]+$/.test(name)) {
    throw new UserError(
      `A model can't be called ${JSON.stringify(name)}: use letters, digits, dots, dashes and underscores.`,
    );
  }
  for (const setting of Object.keys(definition.settings)) {
    if (reservedNames.includes(setting)) {
      throw new UserError(`${name}: a setting can't be called ${setting}, which means something else already.`);
    }
    if (!/^(?!no[A-Z])[a-z]\w*$/.test(setting)) {
      throw new UserError(
        `${name}: a setting can't be called ${JSON.stringify(setting)}: begin with a lower-case letter (and not with "no"), and go on with letters, digits and underscores.`,
      );
    }
  }
  const settings: Entries = { ...blockSetting, ...definition.settings };
  const model: Model<Entries> = {
    name,
    description,
    settings,
    training: { ...trainingHints, ...definition.training },
    huggingFace,
    configure: ({ vocabulary, ...given }) => {
      if (!Number.isSafeInteger(vocabulary) || vocabulary < 1) {
        throw new UserError(`${name}: vocabulary must be a whole number from 1, not ${vocabulary}.`, { exitCode: 2 });
      }
      const chosen = { ...parseSettings(settings, given, name), vocabulary } as SettingsIn<Entries>;
      const problem = definition.check?.(chosen);
      if (problem !== undefined) throw new UserError(problem, { exitCode: 2 });
      return new Configured(model, definition, chosen);
    },
  };
  return model;
}

/** A class, so that two models with the same settings are equal: what they can do is not compared. */
class Configured<Entries extends SettingEntries> implements ConfiguredModel {
  readonly definition: Model;
  readonly name: string;
  readonly vocabulary: number;
  readonly block: number;
  readonly settings: ConfiguredModel['settings'];
  readonly #model: Model<Entries>;
  readonly #definition: ModelDefinition<Entries>;
  readonly #chosen: SettingsIn<Entries>;

  constructor(model: Model<Entries>, definition: ModelDefinition<Entries>, chosen: SettingsIn<Entries>) {
    const { vocabulary, ...settings } = chosen;
    this.definition = model;
    this.name = model.name;
    this.vocabulary = vocabulary;
    this.block = chosen.block;
    this.settings = settings as ConfiguredModel['settings'];
    this.#model = model;
    this.#definition = definition;
    this.#chosen = chosen;
  }

  get initialization(): Initialization {
    const { initialization = {} } = this.#definition;
    return typeof initialization === 'function' ? initialization(this.#chosen) : initialization;
  }

  logits(tokens: Value, program: ModelProgram = plainProgram): Value {
    const { name, vocabulary, block } = this;
    const made: unknown = inProgram(program, { tokens, block }, () => this.#definition.logits(tokens, this.#chosen));
    const shape = [...tokens.shape, vocabulary];
    if (made instanceof Value && made.type === 'float32' && sameShape(made.shape, shape)) return made;
    const found = made instanceof Value ? `${made}` : made === null ? 'null' : typeof made;
    throw new UserError(
      `${name}: logits must return float32 ${formatShape(shape)}, a score for each of the ${vocabulary} tokens at each position, but it returns ${found}.`,
    );
  }

  with(changes: Partial<GivenSettings>): ConfiguredModel {
    return this.#model.configure({ ...this.#chosen, ...changes } as GivenSettings<Entries>);
  }
}
