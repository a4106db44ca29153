import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ladder } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import type { Model } from '../model/index.ts';
import { modelFiles, type TrainedModel } from '../model-directory/model-directory.ts';
import { readModelDirectory } from '../runs/run-directory.ts';
import { chooseModel } from './model-module.ts';

/**
 * Reads a folder whose model is one of the ladder, or of the module that the folder remembers.
 * @param directory a model or run directory
 * @param given a module to take instead, because the remembered one is gone
 * @param read reads it with the models among which its own is looked for
 * @param remedy what to do when the module is gone
 * @throws UserError when the module is gone or defines another model, and whatever `read` throws
 */
export async function withModelsOf<Result>(
  directory: string,
  given: string | undefined,
  read: (models: readonly Model[]) => Promise<Result>,
  remedy: string = 'say with --model where it is',
): Promise<Result> {
  const { name, module: path } = await rememberedIn(directory);
  const remembered = path === undefined ? undefined : resolve(directory, path);
  if (given === undefined && remembered === undefined) return read(ladder);
  if (given === undefined && remembered !== undefined && !existsSync(remembered)) {
    throw new UserError(
      `The model in ${directory} is defined by a module that is no longer at ${remembered}: ${remedy}.`,
    );
  }
  const { model, module = given } = await chooseModel(given ?? remembered ?? '');
  if (name !== undefined && name !== model.name) {
    throw new UserError(
      `The model in ${directory} is called ${name}, but that of ${module} is called ${model.name}: ${remedy}, or give the model its name back.`,
    );
  }
  try {
    return await read([model]);
  } catch (cause) {
    if (!(cause instanceof UserError) || cause.exitCode === 2) throw cause;
    const hint = `Its model is defined in ${module}: if that was changed since, change it back, or train anew.`;
    throw new UserError(`${cause.message} ${hint}`, { cause });
  }
}

/** What the configuration in a folder says of its model: nothing where there is none, or none that can be read. */
async function rememberedIn(directory: string): Promise<Record<'name' | 'module', string | undefined>> {
  try {
    const { trilu } = JSON.parse(await readFile(join(directory, modelFiles.config), 'utf8'));
    const said = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
    return { name: said(trilu?.model), module: said(trilu?.module) };
  } catch {
    return { name: undefined, module: undefined }; // whoever reads the folder tells what is wrong with it
  }
}

/** Reads a model or run directory whose model may be a user's own; see `withModelsOf`. @throws UserError as `readModelDirectory` */
export function readTrainedModel(directory: string, given?: string): Promise<TrainedModel> {
  return withModelsOf(directory, given, (models) => readModelDirectory(directory, models));
}
