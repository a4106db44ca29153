import type { Weights } from '../programs/parameters.ts';
import type { CheckpointEvent, SkippedEvent, TrainingEvent } from '../train/trainer/events.ts';
import type { TrainerRecord } from '../train/trainer/record.ts';
import { type Metrics, metricsOf, type Sample } from '../train/trainer/run-files.ts';
import { BackgroundWork } from './background-work.ts';
import type { RunStore } from './run-store.ts';

/** Whoever shows a run, or tells others of it. What it does not care for it leaves out. */
export interface RunView {
  /** Steps were made. The line comes again by `evaluation` if one belongs to it, and by `logged` as it stands in metrics.jsonl. */
  steps?(line: Metrics): void | Promise<void>;
  /** @param line with its validation loss @param best whether no evaluation before was as low */
  evaluation?(line: EvaluatedMetrics, best: boolean): void | Promise<void>;
  logged?(line: Metrics): void | Promise<void>;
  skipped?(event: SkippedEvent): void | Promise<void>;
  /** The model wrote a text; it stands in samples.jsonl. */
  sample?(sample: Sample): void | Promise<void>;
  /** A checkpoint is kept. */
  saved?(event: CheckpointEvent): void | Promise<void>;
}

/** A line of metrics.jsonl with a validation loss. */
export type EvaluatedMetrics = Metrics & Required<Pick<Metrics, 'validation_loss'>>;

/** What a run's events are to be followed with. */
export interface FollowOptions {
  /** The run as it began. */
  readonly record: TrainerRecord;
  /** Where it is kept. */
  readonly run: Pick<RunStore, 'report' | 'sample' | 'save' | 'saveBest'>;
  /** Lets the model write, for the samples. */
  readonly write: (weights: Weights) => Promise<string>;
  readonly views: readonly RunView[];
}

/** A checkpoint and the best model may be on their way to a disk while training goes on; a third piece waits for room. */
const mostInBackground = 2;

/**
 * Keeps what a trainer tells, to its last checkpoint, and lets others see it: lines of metrics, the best model, samples, checkpoints.
 * @returns the last checkpoint, when all is kept
 * @throws what the trainer throws, and UserError when something can't be kept; what is under way is waited for before
 */
export async function followRun(
  events: AsyncIterable<TrainingEvent>,
  { record, run, write, views }: FollowOptions,
): Promise<CheckpointEvent> {
  const tell = async (call: (view: RunView) => void | Promise<void>): Promise<void> => {
    for (const view of views) await call(view);
  };
  const saving = new BackgroundWork(mostInBackground);
  /** The report of the last steps, held back until it is known whether an evaluation belongs to it. */
  let held: Metrics | undefined;
  const flush = async (): Promise<void> => {
    const line = held;
    held = undefined;
    if (line === undefined) return;
    await run.report(line);
    await tell((view) => view.logged?.(line));
  };
  let last: CheckpointEvent | undefined;
  try {
    for await (const event of events) {
      if (event.kind === 'steps') {
        await flush();
        const line = metricsOf(event);
        held = line;
        await tell((view) => view.steps?.(line));
      } else if (event.kind === 'skipped') {
        await tell((view) => view.skipped?.(event));
      } else if (event.kind === 'evaluation') {
        if (held !== undefined) {
          const line = { ...held, validation_loss: event.validationLoss };
          held = line;
          await tell((view) => view.evaluation?.(line, event.best));
        }
        if (event.best) await saving.add(() => run.saveBest(record, event.weights, event));
      } else if (event.kind === 'sample') {
        await flush();
        const sample = { step: event.step, text: await write(event.weights) };
        await run.sample(sample);
        await tell((view) => view.sample?.(sample));
      } else {
        await flush(); // what the log tells goes up to the checkpoint
        last = event;
        await saving.add(async () => {
          await run.save(event.checkpoint, { keep: record.setup.keep });
          await tell((view) => view.saved?.(event));
        });
      }
    }
    await saving.done();
  } finally {
    // What is under way is waited for even when training has failed: nobody else may write there before.
    await saving.done().catch(() => undefined);
  }
  if (last === undefined) throw new Error('the trainer ended without a checkpoint');
  return last;
}
