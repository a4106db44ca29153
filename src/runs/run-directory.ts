import { existsSync, statSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import type { ReadFile } from '../import/folder.ts';
import { type ImportedModel, importFolder } from '../import/import-folder.ts';
import { readModel } from '../import/read-model-directory.ts';
import { weightIndex } from '../import/stored-weights.ts';
import type { Model } from '../model/index.ts';
import { modelFiles, type TrainedModel } from '../model-directory/model-directory.ts';
import { type FileData, makeDirectory, readFileChecked } from '../storage/atomic-file.ts';
import { openByteFile, openByteFileIfThere } from '../storage/byte-file.ts';
import { lockDirectory } from '../storage/lock.ts';
import { removeTemporaryFiles, writeInOrder } from '../storage/write-in-order.ts';
import { decodeRecord, type TrainerRecord } from '../train/trainer/record.ts';
import { runFiles } from '../train/trainer/run-files.ts';
import { diskFiles } from './disk-files.ts';
import { type FoundCheckpoint, lastCheckpoint } from './last-checkpoint.ts';
import { FileRunStore } from './run-store.ts';

/** A folder that a trainer writes to: a model directory that can be trained on. One trainer holds it at a time. */
export class RunDirectory extends FileRunStore {
  readonly path: string;

  private constructor(path: string, release: () => Promise<void>) {
    super(diskFiles(path), release);
    this.path = path;
  }

  /**
   * Takes a folder for a run, made if it is not there. One that was made for a run that leaves nothing in it goes away again.
   * @throws UserError when it can't be written, or another trainer holds it.
   */
  static async open(path: string): Promise<RunDirectory> {
    const made = !existsSync(path);
    await makeDirectory(path);
    const lock = await lockDirectory(path);
    for (const folder of [path, join(path, runFiles.best)]) if (existsSync(folder)) await removeTemporaryFiles(folder);
    return new RunDirectory(path, async () => {
      lock.release();
      if (made) await rmdir(path).catch(() => undefined); // not empty: as it should be
    });
  }
}

/**
 * The last checkpoint of a run directory that is whole.
 * @throws UserError when there is none: about the last one, what is wrong with it.
 */
export function readCheckpoint(directory: string, models?: readonly Model[]): Promise<FoundCheckpoint> {
  return lastCheckpoint(diskFiles(directory), models);
}

/** The record of the run in a folder; undefined for a folder that is no run. @throws UserError when it is damaged */
export async function runRecord(directory: string, models?: readonly Model[]): Promise<TrainerRecord | undefined> {
  const path = join(directory, runFiles.record);
  if (!existsSync(path)) return undefined;
  return decodeRecord(new TextDecoder().decode(await readFileChecked(path, "the run's record")), path, models);
}

/**
 * Where the text is that a run was trained on; undefined for the embedded corpus, for a folder that is no run, and where the text is
 * no longer there.
 * @throws UserError when the run's record is damaged.
 */
export async function trainingText(directory: string, models?: readonly Model[]): Promise<string | undefined> {
  const record = await runRecord(directory, models);
  const text = textPath(directory, record?.data.path);
  return text !== undefined && existsSync(text) ? text : undefined;
}

/** Where a run's text is by its record: a path that is not absolute begins in the run directory. */
export function textPath(directory: string, path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(directory, path);
}

/** Whether there is a folder at a path. */
export function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/**
 * The model in a model or run directory.
 * @throws UserError when files are missing or damaged, or don't fit together.
 */
export async function readModelDirectory(directory: string, models?: readonly Model[]): Promise<TrainedModel> {
  requireDirectory(directory, 'a model or run directory');
  return readModel(filesIn(directory), directory, models);
}

/**
 * The model that another tool has saved in a folder; see `importFolder`.
 * @throws UserError when files are missing or damaged, don't fit together, or ask for what our GPT does not compute.
 */
export async function readForeignDirectory(directory: string): Promise<ImportedModel> {
  requireDirectory(directory, 'a folder with a model');
  return importFolder(filesIn(directory), directory);
}

function requireDirectory(directory: string, kind: string): void {
  if (isDirectory(directory)) return;
  const what = existsSync(directory) ? 'it is a file' : 'there is no such folder';
  throw new UserError(`${directory} is not ${kind}: ${what}.`);
}

/** A folder without a configuration is no model at all; what else is needed, its reader knows. */
function filesIn(directory: string): ReadFile {
  const what = "the model's file";
  return (name) =>
    name === modelFiles.config
      ? openByteFile(join(directory, name), what)
      : openByteFileIfThere(join(directory, name), what);
}

/**
 * Makes sure that a folder has nothing of a model or a run in it: nothing is ever written over.
 * @param names the files that will be written, beside those that every model has
 * @throws UserError naming the file that is there
 */
export function requireFree(directory: string, names: readonly string[] = []): void {
  const taken = [...Object.values(modelFiles), weightIndex, ...Object.values(runFiles), ...names].find((name) =>
    existsSync(join(directory, name)),
  );
  if (taken === undefined) return;
  throw new UserError(`${directory} holds a model or a part of one already (${taken}): choose another folder.`);
}

/**
 * Writes the files of a model into a folder, made if it is not there: all of them whole, or none.
 * @param files names and contents; the one without which the others are no model comes last.
 * @throws UserError when the folder has something of a model in it, is in use or can't be written.
 */
export async function writeModelDirectory(
  directory: string,
  files: readonly (readonly [name: string, content: FileData])[],
): Promise<void> {
  const run = await RunDirectory.open(directory);
  try {
    const names = files.map(([name]) => name);
    requireFree(directory, names);
    await writeInOrder(directory, files);
  } finally {
    await run.release();
  }
}
