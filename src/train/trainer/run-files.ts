import { descriptionFiles, modelFiles, weightParts } from '../../model-directory/model-directory.ts';
import { type Checkpoint, encodeCheckpoint } from './checkpoint.ts';
import type { StepsEvent } from './events.ts';
import { encodeRecord } from './record.ts';
import { weightsOf } from './training-state.ts';

/** Names of the files that a run directory has beside a model directory's. */
export const runFiles = {
  state: 'training_state.safetensors',
  record: 'trainer.json',
  metrics: 'metrics.jsonl',
  /** What --config takes. */
  settings: 'training.json',
  samples: 'samples.jsonl',
  /** The text that is learned, where it travels with the run: the record's path is then this name. */
  text: 'text.txt',
  report: 'report.html',
  /** A model directory: the model as it was at the lowest validation loss. */
  best: 'best',
  /** Event files. */
  tensorboard: 'tensorboard',
  checkpoints: 'checkpoints',
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

/** A report as a line of metrics.jsonl. */
export function metricsOf(event: StepsEvent): Metrics {
  return {
    step: event.step,
    loss: event.loss,
    gradient_norm: event.gradientNorm,
    learning_rate: event.learningRate,
    tokens_per_second: event.tokensPerSecond,
    seconds: event.seconds,
  };
}

/** A line of samples.jsonl: a text that the model wrote. */
export interface Sample {
  readonly step: number;
  readonly text: string;
}

/**
 * The files of a run directory that a checkpoint is kept in, in the order they are to be written: the state first, which holds all that
 * must fit together, then what other tools read. Contents in several parts are written one after another; the tensors are not copied, so
 * nobody may change them before that is done.
 * @throws UserError when the state is no longer finite
 */
export async function checkpointFiles(
  checkpoint: Checkpoint,
): Promise<readonly (readonly [name: string, content: string | readonly Uint8Array[]])[]> {
  const { record, state } = checkpoint;
  const { model } = record;
  return [
    [runFiles.state, await encodeCheckpoint(checkpoint)],
    [modelFiles.weights, weightParts(model, weightsOf(model, state))],
    [runFiles.record, encodeRecord(record)],
    ...descriptionFiles(record),
  ];
}
