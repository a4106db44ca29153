import { descriptionFiles, modelFiles, weightParts } from '../model-directory/model-directory.ts';
import type { Weights } from '../programs/parameters.ts';
import type { Checkpoint } from '../train/trainer/checkpoint.ts';
import type { BestEvaluation, TrainerRecord } from '../train/trainer/record.ts';
import { checkpointFiles, type Metrics, runFiles, type Sample } from '../train/trainer/run-files.ts';
import type { FileStore } from './file-store.ts';
import { previousName, previousSteps } from './last-checkpoint.ts';
import { rewindLog } from './run-logs.ts';

/** A run that is being kept. One trainer holds it at a time. */
export interface RunStore {
  /**
   * Begins the logs anew behind a checkpoint: lines of steps that are no longer part of the run go.
   * @param damaged whether the checkpoint comes from an earlier file, because the last one is not whole
   */
  rewind(step: number, options?: { readonly damaged?: boolean }): Promise<void>;
  /** Adds a line to the log. */
  report(metrics: Metrics): Promise<void>;
  /** Adds a text that the model wrote. */
  sample(sample: Sample): Promise<void>;
  /**
   * Replaces the checkpoint. The tensors are not copied: nobody may change them before this is done.
   * @param keep how many checkpoints before it are kept
   * @throws UserError when there is no room, or the system refuses; the checkpoint before stays as it was
   */
  save(checkpoint: Checkpoint, options: { readonly keep: number }): Promise<void>;
  /** Replaces the best model. @throws UserError as `save` */
  saveBest(record: TrainerRecord, weights: Weights, best: BestEvaluation): Promise<void>;
  /** Lets the run go, for others to hold. */
  release(): Promise<void>;
}

/** A run that is kept as the files of a run directory, wherever files are kept. */
export class FileRunStore implements RunStore {
  readonly files: FileStore;
  readonly #release: () => Promise<void>;
  /** The step of the checkpoint in place, which may be kept when the next one comes; undefined when there is none that is whole. */
  #inPlace: number | undefined;

  /**
   * @param files where they are; nobody else may write there
   * @param release lets others write there
   */
  constructor(files: FileStore, release: () => Promise<void>) {
    this.files = files;
    this.#release = release;
  }

  async rewind(step: number, { damaged = false }: { readonly damaged?: boolean } = {}): Promise<void> {
    for (const log of [runFiles.metrics, runFiles.samples]) await rewindLog(this.files, log, step);
    const isThere = (await this.files.list('')).includes(runFiles.state);
    this.#inPlace = !damaged && isThere ? step : undefined;
  }

  report(metrics: Metrics): Promise<void> {
    return this.files.append(runFiles.metrics, JSON.stringify(metrics));
  }

  sample({ step, text }: Sample): Promise<void> {
    return this.files.append(runFiles.samples, JSON.stringify({ step, text }));
  }

  /** The state comes first, which holds all that must fit together, then what other tools read. Those before it are in checkpoints/. */
  async save(checkpoint: Checkpoint, { keep }: { readonly keep: number }): Promise<void> {
    const { step } = checkpoint.record;
    const before = this.#inPlace;
    const keepBefore = async (): Promise<void> => {
      if (keep > 0 && before !== undefined && before !== step) {
        await this.files.copy(runFiles.state, previousName(before));
      }
    };
    await this.files.write('', await checkpointFiles(checkpoint), keepBefore);
    this.#inPlace = step;
    await this.#prunePrevious(step, keep);
  }

  /** The best model is a model directory of its own, best/. Its weights' metadata say of which step it is. */
  async saveBest(record: TrainerRecord, weights: Weights, { step, validationLoss }: BestEvaluation): Promise<void> {
    const notes = { step: `${step}`, validation_loss: `${validationLoss}` };
    await this.files.write(runFiles.best, [
      [modelFiles.weights, weightParts(record.model, weights, notes)],
      ...descriptionFiles({ ...record, module: record.module === undefined ? undefined : fromBest(record.module) }),
    ]);
  }

  release(): Promise<void> {
    return this.#release();
  }

  /** Removes previous checkpoints: all but the latest few before a step. What came after it belongs to a run that was given up. */
  async #prunePrevious(before: number, keep: number): Promise<void> {
    const steps = await previousSteps(this.files);
    const kept = new Set(steps.filter((step) => step < before).slice(0, keep));
    for (const step of steps) if (!kept.has(step)) await this.files.remove(previousName(step));
  }
}

/** A path from the run directory on, as it is from the folder of the best model on. */
function fromBest(path: string): string {
  return /^(\/|\w:)/.test(path) ? path : `../${path}`;
}
