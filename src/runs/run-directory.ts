import { existsSync, statSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defineModel } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import {
  descriptionFiles,
  encodeWeights,
  modelFiles,
  readModel,
  type TrainedModel,
} from '../export/model-directory.ts';
import { makeDirectory, readFileChecked } from '../storage/atomic-file.ts';
import { appendLine, truncateLinesAfterStep } from '../storage/line-log.ts';
import { type DirectoryLock, lockDirectory } from '../storage/lock.ts';
import { removeTemporaryFiles, writeInOrder } from '../storage/run-directory.ts';
import { type Checkpoint, decodeCheckpoint, encodeCheckpoint, encodeRecord } from '../trainer/checkpoint.ts';
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
  if (!isDirectory(directory)) {
    const what = existsSync(directory) ? 'it is a file' : 'there is no such folder';
    throw new UserError(`${directory} is not a model or run directory: ${what}.`);
  }
  return readModel((name) => readFileChecked(join(directory, name), "the model's file"), directory);
}
