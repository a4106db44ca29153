import { existsSync, statSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defineModel } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import type { ReadFile } from '../export/hugging-face/folder.ts';
import { type ImportedModel, importGpt2 } from '../export/hugging-face/import-gpt2.ts';
import {
  descriptionFiles,
  encodeWeights,
  modelFiles,
  type TrainedModel,
} from '../export/hugging-face/model-directory.ts';
import { readModel } from '../export/hugging-face/read-model.ts';
import { weightIndex } from '../export/hugging-face/stored-weights.ts';
import { type FileData, makeDirectory, readFileChecked } from '../storage/atomic-file.ts';
import { openByteFile, openByteFileIfThere } from '../storage/byte-file.ts';
import { appendLine, truncateLinesAfterStep } from '../storage/line-log.ts';
import { type DirectoryLock, lockDirectory } from '../storage/lock.ts';
import { removeTemporaryFiles, writeInOrder } from '../storage/run-directory.ts';
import {
  type Checkpoint,
  decodeCheckpoint,
  decodeRecord,
  encodeCheckpoint,
  encodeRecord,
} from '../trainer/checkpoint.ts';
import { weightsOf } from '../trainer/trainer.ts';

/** Names of the files that a run directory has beside a model directory's. */
export const runFiles = {
  state: 'training_state.safetensors',
  record: 'trainer.json',
  metrics: 'metrics.jsonl',
} as const;

/** A line of metrics.jsonl. */
export interface Metrics {
  readonly step: number;
  readonly loss: number;
  readonly gradient_norm: number;
  readonly learning_rate: number;
  readonly tokens_per_second: number;
  readonly seconds: number;
  readonly validation_loss?: number;
}

/** A folder that a trainer writes to: a model directory that can be trained on. One trainer holds it at a time. */
export class RunDirectory {
  readonly path: string;
  readonly #lock: DirectoryLock;
  /** Whether the folder was made for this run. */
  readonly #made: boolean;

  private constructor(path: string, lock: DirectoryLock, made: boolean) {
    this.path = path;
    this.#lock = lock;
    this.#made = made;
  }

  /**
   * Takes a folder for a run, made if it is not there.
   * @throws UserError when it can't be written, or another trainer holds it.
   */
  static async open(path: string): Promise<RunDirectory> {
    const made = !existsSync(path);
    await makeDirectory(path);
    const lock = await lockDirectory(path);
    await removeTemporaryFiles(path);
    return new RunDirectory(path, lock, made);
  }

  /** Begins the log anew behind a step: lines of steps that are no longer part of the run go. */
  async rewind(step: number): Promise<void> {
    await truncateLinesAfterStep(join(this.path, runFiles.metrics), step);
  }

  /** Adds a line to the log. */
  async report(metrics: Metrics): Promise<void> {
    await appendLine(join(this.path, runFiles.metrics), JSON.stringify(metrics));
  }

  /** Replaces the checkpoint: the state first, which holds all that must fit together, then what other tools read. */
  async save(checkpoint: Checkpoint): Promise<void> {
    const { config, vocabulary } = checkpoint.record;
    const weights = weightsOf(defineModel(config), checkpoint.state);
    await writeInOrder(this.path, [
      [runFiles.state, encodeCheckpoint(checkpoint)],
      [modelFiles.weights, encodeWeights(config, weights)],
      [runFiles.record, encodeRecord(checkpoint.record)],
      ...descriptionFiles(config, vocabulary),
    ]);
  }

  /** Lets the folder go. One that was made for a run that left nothing in it goes away again. */
  async release(): Promise<void> {
    this.#lock.release();
    if (this.#made) await rmdir(this.path).catch(() => undefined); // not empty: as it should be
  }
}

/**
 * The last checkpoint of a run directory.
 * @throws UserError when there is none, or it is cut short, damaged or of another version.
 */
export async function readCheckpoint(directory: string): Promise<Checkpoint> {
  const path = join(directory, runFiles.state);
  return decodeCheckpoint(await readFileChecked(path, 'the training state'), path);
}

/**
 * Where the text is that a run was trained on; undefined for the embedded corpus, for a folder that is no run, and where the text is
 * no longer there.
 * @throws UserError when the run's record is damaged.
 */
export async function trainingText(directory: string): Promise<string | undefined> {
  const path = join(directory, runFiles.record);
  if (!existsSync(path)) return undefined;
  const text = new TextDecoder().decode(await readFileChecked(path, "the run's record"));
  const { data } = decodeRecord(text, path);
  return data.path !== undefined && existsSync(data.path) ? data.path : undefined;
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
export async function readModelDirectory(directory: string): Promise<TrainedModel> {
  requireDirectory(directory, 'a model or run directory');
  return readModel(filesIn(directory), directory);
}

/**
 * The GPT-2 that another tool has saved in a folder; see `importGpt2`.
 * @throws UserError when files are missing or damaged, don't fit together, or ask for what our GPT does not compute.
 */
export async function readForeignDirectory(directory: string): Promise<ImportedModel> {
  requireDirectory(directory, 'a folder with a model');
  return importGpt2(filesIn(directory), directory);
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
