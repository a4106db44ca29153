import { existsSync, statSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../errors.ts';
import type { ReadFile } from '../export/hugging-face/folder.ts';
import { type ImportedModel, importGpt2 } from '../export/hugging-face/import-gpt2.ts';
import {
  descriptionFiles,
  modelFiles,
  type TrainedModel,
  weightParts,
} from '../export/hugging-face/model-directory.ts';
import { readModel } from '../export/hugging-face/read-model.ts';
import { weightIndex } from '../export/hugging-face/stored-weights.ts';
import type { Weights } from '../export/write-onnx.ts';
import { type FileData, makeDirectory, readFileChecked } from '../storage/atomic-file.ts';
import { openByteFile, openByteFileIfThere } from '../storage/byte-file.ts';
import { appendLine, truncateLinesAfterStep } from '../storage/line-log.ts';
import { type DirectoryLock, lockDirectory } from '../storage/lock.ts';
import { removeTemporaryFiles, writeInOrder } from '../storage/run-directory.ts';
import { type Checkpoint, decodeCheckpoint } from '../trainer/checkpoint.ts';
import { type BestEvaluation, decodeRecord, type TrainerRecord } from '../trainer/record.ts';
import { checkpointFiles, type Metrics, runFiles, type Sample } from '../trainer/run-files.ts';
import { keepPrevious, previousPath, previousSteps, prunePrevious } from './previous-checkpoints.ts';

/** A folder that a trainer writes to: a model directory that can be trained on. One trainer holds it at a time. */
export class RunDirectory {
  readonly path: string;
  readonly #lock: DirectoryLock;
  /** Whether the folder was made for this run. */
  readonly #made: boolean;
  /** The step of the checkpoint in place, which may be kept when the next one comes; undefined when there is none that is whole. */
  #inPlace: number | undefined;

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
    for (const folder of [path, join(path, runFiles.best)]) if (existsSync(folder)) await removeTemporaryFiles(folder);
    return new RunDirectory(path, lock, made);
  }

  /**
   * Begins the logs anew behind a checkpoint: lines of steps that are no longer part of the run go.
   * @param damaged whether the checkpoint comes from an earlier file, because the last one is not whole
   */
  async rewind(step: number, { damaged = false }: { readonly damaged?: boolean } = {}): Promise<void> {
    for (const log of [runFiles.metrics, runFiles.samples]) await truncateLinesAfterStep(join(this.path, log), step);
    this.#inPlace = !damaged && existsSync(join(this.path, runFiles.state)) ? step : undefined;
  }

  /** Adds a line to the log. */
  async report(metrics: Metrics): Promise<void> {
    await appendLine(join(this.path, runFiles.metrics), JSON.stringify(metrics));
  }

  /** Adds a text that the model wrote. */
  async sample({ step, text }: Sample): Promise<void> {
    await appendLine(join(this.path, runFiles.samples), JSON.stringify({ step, text }));
  }

  /**
   * Replaces the checkpoint: the state first, which holds all that must fit together, then what other tools read. The tensors are not
   * copied: nobody may change them before this is done.
   * @param keep how many checkpoints before it stay in checkpoints/
   * @throws UserError when the system refuses; the checkpoint before stays as it was
   */
  async save(checkpoint: Checkpoint, { keep }: { readonly keep: number }): Promise<void> {
    const { step } = checkpoint.record;
    const statePath = join(this.path, runFiles.state);
    const before = this.#inPlace;
    const keepBefore = async (): Promise<void> => {
      if (keep > 0 && before !== undefined && before !== step) await keepPrevious(this.path, statePath, before);
    };
    await writeInOrder(this.path, await checkpointFiles(checkpoint), keepBefore);
    this.#inPlace = step;
    await prunePrevious(this.path, step, keep);
  }

  /**
   * Replaces the best model, a model directory of its own. Its weights' metadata say of which step it is.
   * @throws UserError when the system refuses
   */
  async saveBest(
    { config, vocabulary }: TrainerRecord,
    weights: Weights,
    { step, validationLoss }: BestEvaluation,
  ): Promise<void> {
    const folder = join(this.path, runFiles.best);
    await makeDirectory(folder);
    const notes = { step: `${step}`, validation_loss: `${validationLoss}` };
    await writeInOrder(folder, [
      [modelFiles.weights, weightParts(config, weights, notes)],
      ...descriptionFiles(config, vocabulary),
    ]);
  }

  /** Lets the folder go. One that was made for a run that left nothing in it goes away again. */
  async release(): Promise<void> {
    this.#lock.release();
    if (this.#made) await rmdir(this.path).catch(() => undefined); // not empty: as it should be
  }
}

/** A checkpoint that was found in a run directory. */
export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint;
  /** A sentence for each later checkpoint that is damaged and was passed over. */
  readonly passedOver: readonly string[];
}

/**
 * The last checkpoint of a run directory that is whole.
 * @throws UserError when there is none: about the last one, what is wrong with it.
 */
export async function readCheckpoint(directory: string): Promise<FoundCheckpoint> {
  const previous = (await previousSteps(directory)).map((step) => previousPath(directory, step));
  const passedOver: string[] = [];
  let first: unknown;
  for (const path of [join(directory, runFiles.state), ...previous]) {
    try {
      const checkpoint = await decodeCheckpoint(await readFileChecked(path, 'the training state'), path);
      return { checkpoint, passedOver };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      first ??= error;
      passedOver.push(error.message);
    }
  }
  throw first;
}

/**
 * Where the text is that a run was trained on; undefined for the embedded corpus, for a folder that is no run, and where the text is
 * no longer there.
 * @throws UserError when the run's record is damaged.
 */
export async function trainingText(directory: string): Promise<string | undefined> {
  const path = join(directory, runFiles.record);
  if (!existsSync(path)) return undefined;
  const { data } = decodeRecord(new TextDecoder().decode(await readFileChecked(path, "the run's record")), path);
  const text = textPath(directory, data.path);
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
