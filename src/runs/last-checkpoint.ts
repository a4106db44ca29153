import { UserError } from '../errors.ts';
import type { Model } from '../model/index.ts';
import { type Checkpoint, decodeCheckpoint } from '../train/trainer/checkpoint.ts';
import { runFiles } from '../train/trainer/run-files.ts';
import type { FileStore } from './file-store.ts';

const namePattern = /^step-(\d+)\.safetensors$/;

/** Where the checkpoint of a step is kept when a later one takes its place. */
export function previousName(step: number): string {
  return `${runFiles.checkpoints}/step-${step}.safetensors`;
}

/** The steps of the previous checkpoints of a run, latest first. */
export async function previousSteps(files: FileStore): Promise<readonly number[]> {
  const names = await files.list(runFiles.checkpoints);
  const steps = names.flatMap((name) => namePattern.exec(name)?.[1] ?? []).map(Number);
  return steps.sort((one, other) => other - one);
}

/** A checkpoint that was found among the files of a run. */
export interface FoundCheckpoint {
  readonly checkpoint: Checkpoint;
  /** A sentence for each later checkpoint that is damaged and was passed over. */
  readonly passedOver: readonly string[];
}

/**
 * The last checkpoint of a run that is whole.
 * @param models where the model is looked for by its name: the ladder unless told
 * @throws UserError when there is none: about the last one, what is wrong with it.
 */
export async function lastCheckpoint(files: FileStore, models?: readonly Model[]): Promise<FoundCheckpoint> {
  const passedOver: string[] = [];
  let first: unknown;
  for (const name of [runFiles.state, ...(await previousSteps(files)).map(previousName)]) {
    try {
      const bytes = await files.read(name, 'the training state');
      return { checkpoint: await decodeCheckpoint(bytes, files.place(name), models), passedOver };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      first ??= error;
      passedOver.push(error.message);
    }
  }
  throw first;
}
