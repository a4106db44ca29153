import { UserError } from '../errors.ts';
import type { Model } from '../model/index.ts';
import { configFromJson, moduleIn } from '../model-directory/config.ts';
import { modelFiles, type TrainedModel } from '../model-directory/model-directory.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { Folder, type ReadFile } from './folder.ts';
import { matchWeights } from './match-weights.ts';
import { readTokenizerFile } from './read-tokenizer.ts';
import { openWeights } from './stored-weights.ts';

/**
 * Reads a model directory.
 * @param read gives one of its files.
 * @param directory its name, for messages.
 * @param models where its model is looked for: the ladder unless told
 * @throws UserError when a file is missing or damaged, or configuration, weights and tokenizer don't fit together.
 */
export async function readModel(read: ReadFile, directory: string, models?: readonly Model[]): Promise<TrainedModel> {
  const folder = new Folder(directory, read);
  const json = await folder.json(modelFiles.config);
  if (json === undefined) {
    throw new UserError(`${directory} is no model directory: it has no ${modelFiles.config}.`);
  }
  const model = configFromJson(json, folder.place(modelFiles.config), models);
  const tokenizer = await readFolderTokenizer(folder, model.vocabulary);
  const stored = await openWeights(folder);
  try {
    const weights = await matchWeights(model, stored.tensors, stored.source);
    return { model, weights, module: moduleIn(json), ...(tokenizer === undefined ? {} : { tokenizer }) };
  } finally {
    await stored.close();
  }
}

/** The tokenizer of the model in a folder; undefined where it has no tokenizer.json, or one of no kind that is known here. */
export async function readFolderTokenizer(folder: Folder, vocabularySize: number): Promise<Tokenizer | undefined> {
  const text = await folder.text(modelFiles.tokenizer);
  return text === undefined ? undefined : readTokenizerFile(text, vocabularySize, folder.place(modelFiles.tokenizer));
}
