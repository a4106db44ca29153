import { defineModel } from '../../../models/index.ts';
import { exportProgram } from '../../export/export-program.ts';
import type { Weights } from '../../export/write-onnx.ts';
import { generateProgram } from '../../programs/generate.ts';
import { parameterCount } from '../../programs/parameters.ts';
import { type Metrics, RunDirectory } from '../../runs/run-directory.ts';
import type { DeviceName } from '../../runtime/session.ts';
import type { TokenSplit } from '../../text/split.ts';
import { CharacterTokenizer } from '../../text/tokenizer.ts';
import type { Checkpoint, TrainerRecord } from '../../trainer/checkpoint.ts';
import { evaluateText } from '../../trainer/evaluation.ts';
import { Trainer, weightsOf } from '../../trainer/trainer.ts';
import { lossChart } from '../chart.ts';
import type { Corpus } from '../corpus.ts';
import { adviseAfter } from '../device-failure.ts';
import { formatCount, formatDuration, shellWord } from '../format.ts';
import { interruption } from '../interruption.ts';
import { nextSteps } from '../next-steps.ts';
import { writePassage } from '../passage.ts';
import { type ProgressView, progressView } from '../progress.ts';
import { deviceOf, opener } from '../running.ts';
import type { TrainOptions } from '../train.ts';
import { planTraining } from '../training-plan.ts';

/** What came of a training session. */
export interface TrainingResult {
  readonly directory: string;
  /** What the run came to, in a line; undefined when the user stopped it before its last step. */
  readonly result: string | undefined;
  /** How many steps the run has made. */
  readonly step: number;
}

/** `trilu train`: the result goes to stdout, everything on the way to stderr. */
export async function runTrain(options: TrainOptions): Promise<void> {
  const { directory, result, step } = await train(options);
  if (result === undefined) return;
  process.stdout.write(`${result}\n`);
  say(`The run is in ${directory}. Next:\n${nextSteps(directory, ['generate', 'export', 'train'], step)}`);
}

/** Trains a new run, or goes on with one, and keeps it in its directory. */
export async function train(options: TrainOptions): Promise<TrainingResult> {
  const { checkpoint, tokens, directory, corpus } = await planTraining(options);
  const device = await deviceOf(options);
  const run = await RunDirectory.open(directory);
  const stop = interruption();
  let saved = options.resume === undefined ? undefined : checkpoint.record.step;
  try {
    await run.rewind(checkpoint.record.step);
    describe(checkpoint.record, corpus, directory, device);
    const last = await follow(new Trainer(checkpoint, tokens, { open: opener(options) }), checkpoint.record, run, {
      options,
      signal: stop.signal,
      onSave: (step) => {
        saved = step;
      },
    });
    const { step, setup } = last.record;
    if (step >= setup.steps) return { directory, step, result: await conclude(last, tokens, options) };
    say(`\nStopped at step ${step}; the run is saved. Go on with: npx trilu train --resume ${shellWord(directory)}`);
    return { directory, step, result: undefined };
  } catch (error) {
    throw adviseAfter(error, { device, directory, saved });
  } finally {
    stop.release();
    await run.release();
  }
}

function describe(
  { config, setup, step, vocabulary, data }: TrainerRecord,
  { name }: Corpus,
  directory: string,
  device: DeviceName,
): void {
  const parameters = parameterCount(defineModel(config));
  say(
    `${step === 0 ? 'Training' : 'Going on with'} ${config.model}: ${formatCount(parameters)} parameters, block ${config.blockSize}, on ${device}.`,
  );
  say(
    `Text: ${name}, ${formatCount(data.characters)} characters of ${vocabulary.length} kinds; the last tenth is for validation.`,
  );
  say(
    `Steps: ${step === 0 ? '' : `${step} of `}${formatCount(setup.steps)}, ${setup.batch} blocks each. Run directory: ${directory}`,
  );
  say('Ctrl-C saves and stops.\n');
}

interface Following {
  readonly options: TrainOptions;
  readonly signal: AbortSignal;
  /** Called with the step of each checkpoint that has been written. */
  readonly onSave: (step: number) => void;
}

/** Shows and keeps what the trainer tells, to its last checkpoint. */
async function follow(
  trainer: Trainer,
  record: TrainerRecord,
  run: RunDirectory,
  { options, signal, onSave }: Following,
): Promise<Checkpoint> {
  const view = progressView(record.setup.steps, record.step);
  const losses: number[] = [];
  let line: Metrics | undefined;
  let last: Checkpoint | undefined;
  const flush = async (): Promise<void> => {
    if (line !== undefined) await run.report(line);
    line = undefined;
  };
  try {
    for await (const event of trainer.events(signal)) {
      if (event.kind === 'steps') {
        await flush();
        losses.push(event.loss);
        view.update(event);
        line = {
          step: event.step,
          loss: event.loss,
          gradient_norm: event.gradientNorm,
          learning_rate: event.learningRate,
          tokens_per_second: event.tokensPerSecond,
          seconds: event.seconds,
        };
      } else if (event.kind === 'evaluation') {
        if (line !== undefined) line = { ...line, validation_loss: event.validationLoss };
        view.print(
          `step ${event.step}: training loss ${losses.at(-1)?.toFixed(4)}, validation loss ${event.validationLoss.toFixed(4)}`,
        );
      } else if (event.kind === 'sample') {
        await flush();
        await showSample(view, record, event.weights, event.step, options);
      } else {
        await flush();
        await run.save(event.checkpoint);
        onSave(event.step);
        last = event.checkpoint;
      }
    }
  } finally {
    view.stop();
  }
  const chart = lossChart(losses);
  if (chart !== '') say(`\nTraining loss\n${chart}`);
  if (last === undefined) throw new Error('the trainer ended without a checkpoint');
  return last;
}

const sampleLength = 200;

/** A passage from the weights as they are, written by the generate program itself. */
async function showSample(
  view: ProgressView,
  record: TrainerRecord,
  weights: Weights,
  step: number,
  options: TrainOptions,
): Promise<void> {
  const tokenizer = CharacterTokenizer.fromVocabulary(record.vocabulary);
  const bytes = exportProgram(generateProgram(defineModel(record.config)), { weights });
  const session = await opener(options)(bytes);
  try {
    const text = await writePassage(session, tokenizer, { tokens: sampleLength, seed: record.setup.seed });
    view.print(`\n── step ${step} ${'─'.repeat(40)}\n${text.trim()}\n`);
  } finally {
    await session.dispose();
  }
}

/** The last word on a finished run: its loss over the whole validation part. */
async function conclude({ record, state }: Checkpoint, tokens: TokenSplit, options: TrainOptions): Promise<string> {
  const model = defineModel(record.config);
  const loss = await evaluateText(model, weightsOf(model, state), tokens.validation, opener(options));
  return `step ${record.step}: validation loss ${loss.toFixed(4)} over ${formatCount(tokens.validation.length)} characters, ${formatDuration(record.seconds)} of training`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
