import * as v from 'valibot';
import { ladder, modelNamed } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import type { ConfiguredModel, GivenSettings, Model } from '../model/index.ts';
import { describeSettings, type SettingDescription } from '../settings/describe.ts';
import { keyOf } from '../settings/names.ts';

/** Where a model comes from that is not of the ladder. */
export interface ModelOrigin {
  /** The path of the module that exports it, from the folder that the configuration is in. */
  readonly module?: string | undefined;
}

/** The module that a configuration says its model is defined in; undefined where it says none. */
export function moduleIn(json: unknown): string | undefined {
  const parsed = v.safeParse(v.object({ trilu: v.object({ module: v.string() }) }), json);
  return parsed.success ? parsed.output.trilu.module : undefined;
}

/** Settings that every config.json of trilu 0.1 has, whatever its model is; those that its model lacks say nothing. */
const writtenForAll: readonly string[] = ['bias', 'initialization', 'attention_scale', 'average'];

const sized = v.pipe(v.number(), v.integer());
const schema = v.object({
  model_type: v.string(),
  vocab_size: sized,
  trilu: v.looseObject({ version: v.literal(1, 'is of another version of trilu'), model: v.string() }),
});

/** What a model's settings say of themselves; `block` has its key in every file, for whoever runs the file needs it. */
function keyedSettings({ settings }: Model): readonly SettingDescription[] {
  return describeSettings(settings).map((described) =>
    described.name === 'block' ? { ...described, key: 'n_positions' } : described,
  );
}

/**
 * A model's configuration as `config.json` and `trilu.config` have it: each setting under Hugging Face's key where there is one, else
 * under `trilu`, which also names the model.
 * @param origin the module that defines the model, where it is one of a user's own
 */
export function configToJson(
  { definition, name, vocabulary, settings }: ConfiguredModel,
  { module }: Pick<ModelOrigin, 'module'> = {},
): Readonly<Record<string, unknown>> {
  const { huggingFace } = definition;
  const described = keyedSettings(definition);
  const keyed = described.flatMap(({ name, key }) => (key === undefined ? [] : [[key, settings[name]] as const]));
  const own = described.flatMap(({ name, key }) => (key === undefined ? [[keyOf(name), settings[name]] as const] : []));
  return {
    model_type: huggingFace?.modelType ?? `trilu-${name}`,
    ...(huggingFace === undefined ? {} : { architectures: huggingFace.architectures }),
    vocab_size: vocabulary,
    ...Object.fromEntries(keyed),
    ...huggingFace?.keys(settings),
    bos_token_id: null,
    eos_token_id: null,
    torch_dtype: 'float32',
    // In a browser transformers.js would look for weights of 8 bits first, which this folder need not have.
    'transformers.js_config': { dtype: 'fp32' },
    trilu: { version: 1, model: name, ...(module === undefined ? {} : { module }), ...Object.fromEntries(own) },
  };
}

/**
 * Reads what `configToJson` wrote.
 * @param source where it stands, as the start of a sentence
 * @param models where the model is looked for by its name: the ladder unless told
 * @throws UserError naming the key that is missing or wrong
 */
export function configFromJson(json: unknown, source: string, models: readonly Model[] = ladder): ConfiguredModel {
  const unreadable = (key: string, reason: string): UserError =>
    new UserError(`${source} is no configuration that this version of trilu can read: ${key}: ${reason}.`);
  const parsed = v.safeParse(schema, json);
  if (!parsed.success) {
    const [issue] = parsed.issues;
    const key = v.getDotPath(issue) ?? 'the whole';
    const foreign = key === 'trilu' ? ' (a GPT-2 that other tools have saved is read with trilu import)' : '';
    throw unreadable(key, `${issue.message}${foreign}`);
  }
  const { trilu, vocab_size: vocabulary } = parsed.output;
  const given: Readonly<Record<string, unknown>> = { ...Object(json) };
  try {
    const definition = modelNamed(trilu.model, models);
    const settings = settingsIn(definition, given, trilu);
    const different = definition.huggingFace?.differs(given);
    if (different !== undefined) throw new UnreadableKey(different);
    return definition.configure({ ...settings, vocabulary });
  } catch (cause) {
    if (cause instanceof UnreadableKey) throw unreadable(...cause.parts);
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${source} describes no model: ${cause.message}`, { cause });
  }
}

/** A key that can't be read, and why, as `key: reason`. */
class UnreadableKey extends Error {
  get parts(): [key: string, reason: string] {
    const [key = '', ...reason] = this.message.split(': ');
    return [key, reason.join(': ')];
  }
}

function settingsIn(
  definition: Model,
  json: Readonly<Record<string, unknown>>,
  trilu: Readonly<Record<string, unknown>>,
): Partial<GivenSettings> {
  const rows = keyedSettings(definition).map(({ name, key }) => {
    const place = key === undefined ? `trilu.${keyOf(name)}` : key;
    const value = key === undefined ? trilu[keyOf(name)] : json[key];
    const checked = v.safeParse(definition.settings[name] as v.GenericSchema, value);
    const isMissing = key !== undefined && value === undefined;
    if (isMissing || !checked.success) {
      throw new UnreadableKey(`${place}: ${checked.success ? 'is missing' : checked.issues[0].message}`);
    }
    return [name, checked.output] as const;
  });
  const known = new Set(['version', 'model', 'module', ...writtenForAll, ...rows.map(([name]) => keyOf(name))]);
  const unknown = Object.keys(trilu).find((key) => !known.has(key));
  if (unknown !== undefined) throw new UnreadableKey(`trilu.${unknown}: is no setting of ${definition.name}`);
  return Object.fromEntries(rows) as Partial<GivenSettings>;
}
