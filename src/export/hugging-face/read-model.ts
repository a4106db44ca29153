import { UserError } from '../../errors.ts';
import { configFromJson } from '../config.ts';
import { Folder, type ReadFile } from './folder.ts';
import { matchWeights } from './match-weights.ts';
import { modelFiles, type TrainedModel } from './model-directory.ts';
import { readTokenizer } from './read-tokenizer.ts';
import { openWeights } from './stored-weights.ts';

/**
 * Reads a model directory.
 * @param read gives one of its files.
 * @param directory its name, for messages.
 * @throws UserError when a file is missing or damaged, or configuration, weights and vocabulary don't fit together.
 */
export async function readModel(read: ReadFile, directory: string): Promise<TrainedModel> {
  const folder = new Folder(directory, read);
  const json = await folder.json(modelFiles.config);
  if (json === undefined) {
    throw new UserError(`${directory} is no model directory: it has no ${modelFiles.config}.`);
  }
  const config = configFromJson(json, folder.place(modelFiles.config));
  const vocabulary = await readVocabulary(folder, config.vocabularySize);
  const stored = await openWeights(folder);
  try {
    const weights = await matchWeights(config, stored.tensors, stored.source);
    return { config, weights, ...(vocabulary === undefined ? {} : { vocabulary }) };
  } finally {
    await stored.close();
  }
}

/** The characters of the model in a folder; undefined where it has no tokenizer.json, or one that is not of single characters. */
export async function readVocabulary(folder: Folder, vocabularySize: number): Promise<readonly string[] | undefined> {
  const text = await folder.text(modelFiles.tokenizer);
  return text === undefined ? undefined : readTokenizer(text, vocabularySize, folder.place(modelFiles.tokenizer));
}

/**
 * A model's characters, for what can't be done without them.
 * @param source the model, for the message
 * @throws UserError when it has none
 */
export function requireVocabulary({ vocabulary }: Pick<TrainedModel, 'vocabulary'>, source: string): readonly string[] {
  if (vocabulary !== undefined) return vocabulary;
  throw new UserError(
    `${source} has no vocabulary of single characters (its ${modelFiles.tokenizer} is of another kind, or is missing), so it can't read or write text here: give it token ids, or run its exported files.`,
  );
}
