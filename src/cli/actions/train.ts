import { join } from 'node:path';
import { defineModel } from '../../../models/index.ts';
import { exportProgram } from '../../export/export-program.ts';
import type { Weights } from '../../export/write-onnx.ts';
import { generateProgram } from '../../programs/generate.ts';
import { RunDirectory } from '../../runs/run-directory.ts';
import { writeFileAtomic } from '../../storage/atomic-file.ts';
import { EventFileWriter } from '../../tensorboard/event-file.ts';
import type { TokenSplit } from '../../text/split.ts';
import { CharacterTokenizer } from '../../text/tokenizer.ts';
import { evaluateText } from '../../trainer/evaluation.ts';
import type { CheckpointEvent } from '../../trainer/events.ts';
import type { TrainerRecord } from '../../trainer/record.ts';
import { runFiles } from '../../trainer/run-files.ts';
import { weightsOf } from '../../trainer/state.ts';
import { Trainer } from '../../trainer/trainer.ts';
import { BackgroundWork } from '../background-work.ts';
import { encodeConfigFile } from '../config-file.ts';
import { adviseAfter } from '../device-failure.ts';
import { formatCount, formatDuration, shellWord } from '../format.ts';
import { interruption } from '../interruption.ts';
import { nextSteps } from '../next-steps.ts';
import { writePassage } from '../passage.ts';
import { type ProgressView, progressView } from '../progress.ts';
import { describeRun } from '../run-description.ts';
import { writeRunReport } from '../run-report.ts';
import { RunReporter } from '../run-reporter.ts';
import { settingsOf } from '../run-settings.ts';
import { deviceOf, opener } from '../running.ts';
import type { TrainOptions } from '../train.ts';
import { planTraining, type TrainingPlan } from '../training-plan.ts';

/** What came of a training session. */
export interface TrainingResult {
  readonly directory: string;
  /** What the run came to, in a line; undefined when the user stopped it before its end. */
  readonly result: string | undefined;
  /** The last checkpoint. */
  readonly last: CheckpointEvent;
  readonly tokens: TokenSplit;
}

/** `trilu train`: the result goes to stdout, everything on the way to stderr. */
export async function runTrain(options: TrainOptions): Promise<void> {
  const { directory, result, last } = await train(options);
  if (result === undefined) return;
  process.stdout.write(`${result}\n`);
  toStderr(whatIsWhere(directory, last));
  toStderr(`Next:\n${nextSteps(directory, ['generate', 'export', 'train'], last.step)}`);
}

/** Trains a new run, or goes on with one, and keeps it in its directory. */
export async function train(options: TrainOptions, { quiet = false }: Telling = {}): Promise<TrainingResult> {
  const say = quiet ? () => undefined : toStderr;
  const device = await deviceOf(options);
  const plan = await planTraining(options, device);
  const { record, tokens, directory, corpus } = plan;
  const run = await RunDirectory.open(directory);
  const stop = interruption();
  let saved = options.resume === undefined ? undefined : record.step;
  try {
    await run.rewind(record.step, { damaged: plan.notices.length > 0 });
    await writeFileAtomic(join(directory, runFiles.settings), encodeConfigFile(settingsOf(record)));
    for (const notice of plan.notices) say(notice);
    say(`${describeRun(record, { text: corpus.name, directory, device })}\n`);
    const last = await follow(plan, run, {
      options,
      quiet,
      signal: stop.signal,
      onSave: (step) => {
        saved = step;
      },
    });
    await writeRunReport(directory, last.checkpoint.record);
    if (last.end === 'signal') {
      say(
        `\nStopped at step ${last.step}; the run is saved. Go on with: npx trilu train --resume ${shellWord(directory)}`,
      );
      return { directory, last, tokens, result: undefined };
    }
    return { directory, last, tokens, result: await conclude(last, plan, options) };
  } catch (error) {
    throw adviseAfter(error, { device, directory, saved });
  } finally {
    stop.release();
    corpus.close();
    await run.release();
  }
}

/** How much is told on the way. */
export interface Telling {
  /** Nothing but the live view. */
  readonly quiet?: boolean;
}

interface Following extends Telling {
  readonly options: TrainOptions;
  readonly signal: AbortSignal;
  /** Called with the step of each checkpoint that has been written. */
  readonly onSave: (step: number) => void;
}

/** A checkpoint and the best model may be on their way to the disk while training goes on; a third piece waits for room. */
const mostInBackground = 2;

/** Shows and keeps what the trainer tells, to its last checkpoint. */
async function follow(
  { record, takeState, tokens, past }: TrainingPlan,
  run: RunDirectory,
  { options, quiet = false, signal, onSave }: Following,
): Promise<CheckpointEvent> {
  const { setup } = record;
  const trainer = new Trainer({ record, state: takeState() }, tokens, { open: opener(options) });
  const eventFile =
    options.tensorboard === false
      ? undefined
      : await EventFileWriter.open(join(run.path, runFiles.tensorboard), { firstStep: record.step });
  const view = progressView(setup.steps, record.step, { past });
  const reporter = new RunReporter({ run, view: quiet ? withoutText(view) : view, eventFile }, record.best);
  const saving = new BackgroundWork(mostInBackground);
  let last: CheckpointEvent | undefined;
  try {
    for await (const event of trainer.events(signal)) {
      if (event.kind === 'steps') await reporter.steps(event);
      else if (event.kind === 'skipped') reporter.skipped(event);
      else if (event.kind === 'evaluation') {
        reporter.evaluation(event);
        if (event.best) await saving.add(() => run.saveBest(record, event.weights, event));
      } else if (event.kind === 'sample') {
        await reporter.flush();
        await reporter.sample(event.step, await sampleOf(record, event.weights, options));
      } else {
        await reporter.flush();
        await saving.add(async () => {
          await run.save(event.checkpoint, { keep: setup.keep });
          onSave(event.step);
        });
        last = event;
      }
    }
    await saving.done();
  } finally {
    view.stop();
    // What is under way is waited for even when training has failed: nobody else may write to the directory before.
    await saving.done().catch(() => undefined);
    await eventFile?.close();
  }
  if (last === undefined) throw new Error('the trainer ended without a checkpoint');
  return last;
}

/** A view that shows how far training is, and nothing for good. */
function withoutText(view: ProgressView): ProgressView {
  return {
    update: (progress) => view.update(progress),
    evaluation: (evaluation) => view.evaluation(evaluation),
    print: () => undefined,
    stop: () => view.stop(),
  };
}

const sampleLength = 200;

/** A passage from the weights as they are, written by the generate program itself. */
async function sampleOf(record: TrainerRecord, weights: Weights, options: TrainOptions): Promise<string> {
  const tokenizer = CharacterTokenizer.fromVocabulary(record.vocabulary);
  const bytes = exportProgram(generateProgram(defineModel(record.config)), { weights });
  const session = await opener(options)(bytes);
  try {
    return await writePassage(session, tokenizer, { tokens: sampleLength, seed: record.setup.seed });
  } finally {
    await session.dispose();
  }
}

/** The last word on a finished run: its loss over the whole validation part. */
async function conclude(
  { checkpoint: { record, state }, step, end }: CheckpointEvent,
  { tokens }: TrainingPlan,
  options: TrainOptions,
): Promise<string> {
  const model = defineModel(record.config);
  const loss = await evaluateText(model, weightsOf(model, state), tokens.validation, opener(options));
  const early =
    end === 'patience' ? `, ended early after ${record.setup.patience} evaluations without a lower loss` : '';
  return `step ${step}: validation loss ${loss.toFixed(4)} over ${formatCount(tokens.validation.length)} characters, ${formatDuration(record.seconds)} of training${early}`;
}

/** Where the run lies, and where the best model, unless that is the last one. */
export function whatIsWhere(directory: string, { checkpoint: { record }, step }: CheckpointEvent): string {
  const { best } = record;
  const betterOne =
    best === undefined || best.step === step
      ? []
      : [
          `The lowest validation loss, ${best.validationLoss.toFixed(4)}, was at step ${best.step}: that model is in ${join(directory, runFiles.best)}.`,
        ];
  return [
    `The run is in ${directory}; open ${join(directory, runFiles.report)} for its curves and samples.`,
    ...betterOne,
  ].join('\n');
}

function toStderr(text: string): void {
  process.stderr.write(`${text}\n`);
}
