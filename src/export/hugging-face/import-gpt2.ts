import { UserError } from '../../errors.ts';
import { configToJson } from '../config.ts';
import { Folder, type ReadFile } from './folder.ts';
import { gpt2ConfigFromJson } from './gpt2-config.ts';
import { matchWeights, withoutZeroBiases } from './match-weights.ts';
import { descriptionFiles, modelFiles, type TrainedModel, weightParts } from './model-directory.ts';
import { readVocabulary } from './read-model.ts';
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
 * Reads a folder with a GPT-2 that another tool has saved (config.json, and weights as safetensors in one file or in parts): any size,
 * with or without the `transformer.` before its names, in float32, float16, bfloat16 or float64, which become float32. Biases that
 * are all zero are dropped.
 * @param read gives one of its files.
 * @param directory its name, for messages.
 * @throws UserError when a file is missing or damaged, configuration, weights and tokenizer don't fit together, or the model computes
 *   what our GPT does not.
 */
export async function importGpt2(read: ReadFile, directory: string): Promise<ImportedModel> {
  const folder = new Folder(directory, read);
  const json = await folder.json(modelFiles.config);
  if (json === undefined)
    throw new UserError(`${directory} has no ${modelFiles.config}, so it is no model that can be imported.`);
  const source = gpt2ConfigFromJson(json, folder.place(modelFiles.config));
  const vocabulary = await readVocabulary(folder, source.config.vocabularySize);
  const { config, weights } = withoutZeroBiases(source.config, await readWeights(folder, source.config));
  const model: TrainedModel = { config, weights, ...(vocabulary === undefined ? {} : { vocabulary }) };
  const notes =
    vocabulary === undefined
      ? [`${directory} has no tokenizer of single characters: here, the model takes and gives token ids.`]
      : [];
  return { model, notes: [...source.notes, ...notes], files: await filesOf(folder, json, model) };
}

async function readWeights(folder: Folder, config: TrainedModel['config']): Promise<Map<string, Float32Array>> {
  const stored = await openWeights(folder);
  try {
    return await matchWeights(config, underOwnNames(stored, config.blockSize), stored.source);
  } finally {
    await stored.close();
  }
}

/** GPT-2's tensors by our names. Older files hold each layer's causal mask too, which is no weight. */
function underOwnNames({ tensors }: StoredWeights, blockSize: number): ReadonlyMap<string, StoredTensor> {
  const named = new Map<string, StoredTensor>();
  for (const [stored, tensor] of tensors) {
    const name = stored.replace(/^transformer\./, '');
    if (isMask(name, tensor, blockSize)) continue;
    const own = name === 'lm_head.weight' ? name : `transformer.${name}`;
    const other = named.get(own);
    if (other !== undefined) {
      throw new UserError(`${tensor.source} holds one tensor twice, as ${other.name} and as ${stored}.`);
    }
    named.set(own, tensor);
  }
  return named;
}

function isMask(name: string, { name: stored, shape, source }: StoredTensor, blockSize: number): boolean {
  if (/^h\.\d+\.attn\.masked_bias$/.test(name)) return true;
  if (!/^h\.\d+\.attn\.bias$/.test(name)) return false;
  if (String(shape) === String([1, 1, blockSize, blockSize])) return true;
  throw new UserError(
    `${source}: ${stored} is a mask of shape [${shape.join(', ')}], but the configuration has ${blockSize} positions.`,
  );
}

async function filesOf(folder: Folder, json: unknown, model: TrainedModel): Promise<ImportedModel['files']> {
  const { config, weights, vocabulary } = model;
  const given = new Map<string, unknown>(Object.entries(Object(json)));
  const kept = specialTokens.filter((key) => given.has(key)).map((key) => [key, given.get(key)] as const);
  const files = new Map<string, string | Uint8Array | readonly Uint8Array[]>(descriptionFiles(config, vocabulary));
  files.set(
    modelFiles.config,
    `${JSON.stringify({ ...configToJson(config), ...Object.fromEntries(kept) }, null, 2)}\n`,
  );
  const own = new Map<string, Uint8Array>();
  for (const name of companions) {
    const bytes = await folder.bytes(name);
    if (bytes !== undefined) own.set(name, bytes);
  }
  // It would overrule what the tokenizer's own configuration says.
  if (own.has(modelFiles.tokenizerConfig)) files.delete(modelFiles.specialTokensMap);
  for (const [name, bytes] of own) files.set(name, bytes);
  return [...files, [modelFiles.weights, weightParts(config, weights)]];
}
