import { ladder } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import type { ConfiguredModel, GivenSettings, Model } from '../model/index.ts';
import { configToJson } from '../model-directory/config.ts';
import { descriptionFiles, modelFiles, type TrainedModel, weightParts } from '../model-directory/model-directory.ts';
import { Folder, type ReadFile } from './folder.ts';
import { matchWeights, withoutZeros } from './match-weights.ts';
import { readFolderTokenizer } from './read-model-directory.ts';
import { openWeights, type StoredTensor, type StoredWeights } from './stored-weights.ts';

/** A model that another tool has saved, as ours. */
export interface ImportedModel {
  readonly model: TrainedModel;
  /** What the user should know of it, a sentence each. */
  readonly notes: readonly string[];
  /** The files of its model directory: contents, or parts of them one after another. The weights come last. */
  readonly files: readonly (readonly [name: string, content: string | Uint8Array | readonly Uint8Array[]])[];
}

/** Files that go along as they are: they say how text becomes token ids, and how other tools write. */
const companions: readonly string[] = [
  modelFiles.tokenizer,
  modelFiles.tokenizerConfig,
  modelFiles.generationConfig,
  modelFiles.specialTokensMap,
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
];

/** Keys of config.json that tell other tools where a text begins and ends. */
const specialTokens: readonly string[] = ['bos_token_id', 'eos_token_id', 'pad_token_id'];

/**
 * Reads a folder with a model that another tool has saved (config.json, and weights as safetensors in one file or in parts), of a type
 * that one of the models is: any size, in float32, float16, bfloat16 or float64, which become float32. Biases that are all zero are
 * dropped where the model can do without.
 * @param read gives one of its files.
 * @param directory its name, for messages.
 * @param models which model is of the type is looked for among these: the ladder unless told
 * @throws UserError when a file is missing or damaged, configuration, weights and tokenizer don't fit together, or the model computes
 *   what ours does not.
 */
export async function importFolder(
  read: ReadFile,
  directory: string,
  models: readonly Model[] = ladder,
): Promise<ImportedModel> {
  const folder = new Folder(directory, read);
  const json = await folder.json(modelFiles.config);
  if (json === undefined)
    throw new UserError(`${directory} has no ${modelFiles.config}, so it is no model that can be imported.`);
  const source = readForeignConfig(json, folder.place(modelFiles.config), models);
  const tokenizer = await readFolderTokenizer(folder, source.model.vocabulary);
  const { model, weights } = withoutZeros(source.model, await readWeights(folder, source.model));
  const trained: TrainedModel = { model, weights, ...(tokenizer === undefined ? {} : { tokenizer }) };
  const notes =
    tokenizer === undefined
      ? [`${directory} has no tokenizer of a kind that is known: here, the model takes and gives token ids.`]
      : [];
  return { model: trained, notes: [...source.notes, ...notes], files: await filesOf(folder, json, trained) };
}

function readForeignConfig(
  json: unknown,
  source: string,
  models: readonly Model[],
): { readonly model: ConfiguredModel; readonly notes: readonly string[] } {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new UserError(`${source} is no configuration: it is not a JSON object.`);
  }
  const given: Readonly<Record<string, unknown>> = { ...json };
  const definition = modelOfType(given, models);
  if (definition?.huggingFace === undefined) {
    const known = new Set(models.flatMap(({ huggingFace }) => huggingFace?.modelType ?? []));
    throw new UserError(
      `${source} is of the model_type ${JSON.stringify(given.model_type)}; only ${[...known].join(' and ')} can be imported.`,
    );
  }
  const { huggingFace } = definition;
  const { settings, notes } = huggingFace.read(given, source);
  const different = huggingFace.differs(given);
  if (different !== undefined) throw new UserError(`${source} can't be imported: ${different}.`);
  try {
    return { model: definition.configure(settings as GivenSettings), notes };
  } catch (cause) {
    if (!(cause instanceof UserError)) throw cause;
    throw new UserError(`${source} describes no model: ${cause.message}`, { cause });
  }
}

/** A model that was ours before other tools saved it anew keeps its name; another becomes the last of its type, which is the largest. */
function modelOfType(json: Readonly<Record<string, unknown>>, models: readonly Model[]): Model | undefined {
  const ofType = models.filter(({ huggingFace }) => huggingFace?.modelType === json.model_type);
  const { model: own }: { model?: unknown } = { ...Object(json.trilu) };
  return ofType.find(({ name }) => name === own) ?? ofType.at(-1);
}

async function readWeights(folder: Folder, model: ConfiguredModel): Promise<Map<string, Float32Array>> {
  const stored = await openWeights(folder);
  try {
    return await matchWeights(model, underOwnNames(stored, model), stored.source);
  } finally {
    await stored.close();
  }
}

/** The tensors by our names, without those that are no parameters. */
function underOwnNames(
  { tensors }: StoredWeights,
  { definition, settings }: ConfiguredModel,
): ReadonlyMap<string, StoredTensor> {
  const named = new Map<string, StoredTensor>();
  for (const [stored, tensor] of tensors) {
    const own = parameterName(tensor, () => definition.huggingFace?.parameterName(tensor, settings));
    if (own === undefined) continue;
    const other = named.get(own);
    if (other !== undefined) {
      throw new UserError(`${tensor.source} holds one tensor twice, as ${other.name} and as ${stored}.`);
    }
    named.set(own, tensor);
  }
  return named;
}

function parameterName({ source }: StoredTensor, find: () => string | undefined): string | undefined {
  try {
    return find();
  } catch (cause) {
    throw cause instanceof UserError ? new UserError(`${source}: ${cause.message}`, { cause }) : cause;
  }
}

async function filesOf(folder: Folder, json: unknown, trained: TrainedModel): Promise<ImportedModel['files']> {
  const { model, weights } = trained;
  const given = new Map<string, unknown>(Object.entries(Object(json)));
  const kept = specialTokens.filter((key) => given.has(key)).map((key) => [key, given.get(key)] as const);
  const files = new Map<string, string | Uint8Array | readonly Uint8Array[]>(descriptionFiles(trained));
  files.set(modelFiles.config, `${JSON.stringify({ ...configToJson(model), ...Object.fromEntries(kept) }, null, 2)}\n`);
  const own = new Map<string, Uint8Array>();
  for (const name of companions) {
    const bytes = await folder.bytes(name);
    if (bytes !== undefined) own.set(name, bytes);
  }
  // It would overrule what the tokenizer's own configuration says.
  if (own.has(modelFiles.tokenizerConfig)) files.delete(modelFiles.specialTokensMap);
  for (const [name, bytes] of own) files.set(name, bytes);
  return [...files, [modelFiles.weights, weightParts(model, weights)]];
}
