import { join } from 'node:path';
import { exportProgram } from '../../export/export-program.ts';
import { generateProgram } from '../../programs/generate-program.ts';
import type { Weights } from '../../programs/parameters.ts';
import { followRun } from '../../runs/follow-run.ts';
import { RunDirectory } from '../../runs/run-directory.ts';
import { writeFileAtomic } from '../../storage/atomic-file.ts';
import { EventFileWriter } from '../../tensorboard/event-file.ts';
import type { TokenSplit } from '../../text/split.ts';
import { unitOf } from '../../text/tokenizer.ts';
import { evaluateText } from '../../train/trainer/evaluation.ts';
import type { CheckpointEvent } from '../../train/trainer/events.ts';
import { LanguageModelTrainer } from '../../train/trainer/language-model.ts';
import type { TrainerRecord } from '../../train/trainer/record.ts';
import { runFiles } from '../../train/trainer/run-files.ts';
import { weightsOf } from '../../train/trainer/training-state.ts';
import { encodeConfigFile } from '../config-file.ts';
import { formatCount, formatDuration, shellWord } from '../format.ts';
import { interruption } from '../interruption.ts';
import { nextSteps } from '../next-steps.ts';
import { writePassage } from '../passage.ts';
import { settingsOf } from '../run-settings.ts';
import { deviceOf, opener } from '../running.ts';
import type { TrainOptions } from '../training-plan.ts';
import { planTraining, type TrainingPlan } from '../training-plan.ts';
import { withAdvice } from './device-failure.ts';
import { type ProgressView, progressView } from './progress-view.ts';
import { describeRun } from './run-description.ts';
import { writeRunReport } from './run-page.ts';
import { tensorBoardView, terminalView } from './run-views.ts';

/** The result of a training session. */
export interface TrainingResult {
  readonly directory: string;
  /** The result in one line; undefined when the user stopped the run before its end. */
  readonly result: string | undefined;
  /** The last checkpoint. */
  readonly last: CheckpointEvent;
  readonly tokens: TokenSplit;
}

/** `trilu train`: prints the result on stdout, and the progress on stderr. */
export async function trainAndPrint(options: TrainOptions): Promise<void> {
  const { directory, result, last } = await train(options);
  if (result === undefined) return;
  process.stdout.write(`${result}\n`);
  toStderr(whatIsWhere(directory, last));
  toStderr(`Next:\n${nextSteps(directory, ['generate', 'export', 'train'], last.step)}`);
}

/** Trains a new run or continues one, and keeps it in its directory. */
export async function train(options: TrainOptions, { quiet = false }: Verbosity = {}): Promise<TrainingResult> {
  const say = quiet ? () => undefined : toStderr;
  const device = await deviceOf(options);
  const plan = await planTraining(options, device);
  const { record, tokens, directory, corpus } = plan;
  const run = await RunDirectory.open(directory);
  const stop = interruption();
  let saved = options.resume === undefined ? undefined : record.step;
  try {
    await run.rewind(record.step, { damaged: plan.notices.length > 0 });
    await writeFileAtomic(
      join(directory, runFiles.settings),
      encodeConfigFile(settingsOf(record), [record.model.definition]),
    );
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
        `\nStopped at step ${last.step}; the run is saved. Continue with: npx trilu train --resume ${shellWord(directory)}`,
      );
      return { directory, last, tokens, result: undefined };
    }
    return { directory, last, tokens, result: await conclude(last, plan, options) };
  } catch (error) {
    throw withAdvice(error, { device, directory, saved });
  } finally {
    stop.release();
    corpus.close();
    await run.release();
  }
}

/** How much is printed. */
export interface Verbosity {
  /** Only the live view. */
  readonly quiet?: boolean;
}

interface Following extends Verbosity {
  readonly options: TrainOptions;
  readonly signal: AbortSignal;
  /** Called with the step of each checkpoint that has been written. */
  readonly onSave: (step: number) => void;
}

/** Shows and saves what the trainer reports, up to its last checkpoint. */
async function follow(
  { record, takeState, tokens, past }: TrainingPlan,
  run: RunDirectory,
  { options, quiet = false, signal, onSave }: Following,
): Promise<CheckpointEvent> {
  const { setup, step, best } = record;
  const trainer = new LanguageModelTrainer({ record, state: takeState() }, tokens, { open: opener(options) });
  const eventFile =
    options.tensorboard === false
      ? undefined
      : await EventFileWriter.open(join(run.path, runFiles.tensorboard), { firstStep: step });
  const view = progressView(setup.steps, step, { past });
  const views = [
    ...(eventFile === undefined ? [] : [tensorBoardView(eventFile)]),
    terminalView(quiet ? withoutText(view) : view, best),
    { saved: ({ step }: CheckpointEvent) => onSave(step) },
  ];
  const write = (weights: Weights): Promise<string> => sampleOf(record, weights, options);
  try {
    return await followRun(trainer.events(signal), { record, run, write, views });
  } finally {
    view.stop();
    await eventFile?.close();
  }
}

/** A view that shows progress, but prints no lines. */
function withoutText(view: ProgressView): ProgressView {
  return {
    update: (progress) => view.update(progress),
    evaluation: (evaluation) => view.evaluation(evaluation),
    print: () => undefined,
    stop: () => view.stop(),
  };
}

const sampleLength = 200;

/** A text generated by the generate program with the current weights. */
async function sampleOf(record: TrainerRecord, weights: Weights, options: TrainOptions): Promise<string> {
  const bytes = exportProgram(generateProgram(record.model), { weights });
  const session = await opener(options)(bytes);
  try {
    return await writePassage(session, record.tokenizer, { tokens: sampleLength, seed: record.setup.seed });
  } finally {
    await session.dispose();
  }
}

/** The result of a finished run: its loss over the whole validation part. */
async function conclude(
  { checkpoint: { record, state }, step, end }: CheckpointEvent,
  { tokens }: TrainingPlan,
  options: TrainOptions,
): Promise<string> {
  const { model } = record;
  const loss = await evaluateText(model, weightsOf(model, state), tokens.validation, opener(options));
  const early =
    end === 'patience' ? `, ended early after ${record.setup.patience} evaluations without a lower loss` : '';
  return `step ${step}: validation loss ${loss.toFixed(4)} over ${formatCount(tokens.validation.length)} ${unitOf(record.tokenizer)}s, ${formatDuration(record.seconds)} of training${early}`;
}

/** Tells where the run is, and where the best model is, unless that is the last one. */
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
