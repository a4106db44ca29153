import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parameterCount } from '../../programs/parameters.ts';
import { readCheckpoint } from '../../runs/run-directory.ts';
import { makeDirectory, writeFileAtomic } from '../../storage/atomic-file.ts';
import { evaluationBatches } from '../../text/batches.ts';
import type { TokenSplit } from '../../text/split.ts';
import type { Checkpoint } from '../../train/trainer/checkpoint.ts';
import { evaluationModel, evaluationSize, meanLoss } from '../../train/trainer/evaluation.ts';
import { runFiles } from '../../train/trainer/run-files.ts';
import { formatCount, formatDuration, formatTable, shellWord } from '../format.ts';
import { type RunningOptions, runningOptions } from '../options.ts';
import { opener } from '../running.ts';
import { train } from '../train/training-session.ts';
import { planTraining, type TrainOptions } from '../training-plan.ts';
import { type LadderReport, ladderReport } from './ladder-page.ts';
import { ladderStages } from './ladder-stages.ts';
import {
  distanceFromPublished,
  formatPublished,
  type PublishedLoss,
  publishedLosses,
  tinyshakespeareSha256,
} from './published-losses.ts';

/** What `ladder` takes. */
export interface LadderOptions extends RunningOptions {
  /** The text file; unset is the embedded corpus. */
  readonly data?: string;
  /** The folder for the run directories and the report. */
  readonly out: string;
  /** Which stages; unset is `ladderStages`. */
  readonly stages?: readonly string[];
  /** Steps of each stage; unset is the lecture's. */
  readonly steps?: number;
  readonly seed?: number;
  readonly json?: boolean;
}

/** The result of a stage. */
export interface StageResult {
  readonly stage: string;
  readonly parameters: number;
  readonly steps: number;
  /** Means over the evaluation batches, in nats. */
  readonly trainingLoss: number;
  readonly validationLoss: number;
  /** Undefined where nothing is published for this stage and text. */
  readonly published: PublishedLoss | undefined;
  /** Seconds of training. */
  readonly seconds: number;
  /** The run directory. */
  readonly directory: string;
}

/** `trilu ladder`: prints the table on stdout, and the progress on stderr. */
export async function climbLadder(options: LadderOptions): Promise<void> {
  const stages = options.stages ?? ladderStages;
  await makeDirectory(options.out);
  const results: StageResult[] = [];
  for (const [index, stage] of stages.entries()) {
    say(`\n${index + 1} of ${stages.length}: ${stage}`);
    const result = await trainStage(stage, options);
    if (result === undefined) {
      say(`\nStopped; the runs are saved. Continue with: ${sameCommand(options)}`);
      return;
    }
    results.push(result);
  }
  const report = join(options.out, 'ladder.html');
  const { columns, rows } = tableOf(results);
  const title = `The ladder on ${options.data === undefined ? 'Moby-Dick' : basename(options.data)}`;
  await writeFileAtomic(report, await ladderReport({ title, columns, rows, runs: results }));
  process.stdout.write(
    options.json === true ? `${JSON.stringify(results.map(toJson), null, 2)}\n` : `${formatTable(columns, rows)}\n`,
  );
  say(`\nValidation loss\n${barsOf(results)}`);
  say(`\nThe runs are in ${options.out}; open ${report} for their curves. Next:`);
  const last = results.at(-1);
  if (last !== undefined) say(`  npx trilu generate ${shellWord(last.directory)}   generate text with the last one`);
}

/** Trains a stage, or what is left of its training. @returns undefined when the user stopped it */
async function trainStage(stage: string, options: LadderOptions): Promise<StageResult | undefined> {
  const directory = join(options.out, stage);
  const asked: TrainOptions = {
    ...runningOptions(options),
    ...(options.data === undefined ? {} : { data: options.data }),
    model: undefined,
  };
  const begun = existsSync(join(directory, runFiles.state)) ? await readCheckpoint(directory) : undefined;
  let checkpoint: Checkpoint;
  let tokens: TokenSplit;
  const record = begun?.checkpoint.record;
  if (begun !== undefined && record !== undefined && record.step >= (options.steps ?? record.setup.steps)) {
    checkpoint = begun.checkpoint;
    say(`trained already: ${formatCount(record.step)} steps in ${directory}`);
    tokens = (await planTraining({ ...asked, resume: directory, steps: record.step + 1 }, 'cpu')).tokens;
  } else {
    const settings = begun === undefined ? newRun(stage, directory, options) : { resume: directory };
    const steps = options.steps === undefined ? {} : { steps: options.steps };
    const trained = await train({ ...asked, ...settings, ...steps }, { quiet: true });
    if (trained.result === undefined) return undefined;
    checkpoint = trained.last.checkpoint;
    tokens = trained.tokens;
  }
  return { stage, directory, ...(await measured(checkpoint, tokens, stage, options)) };
}

function newRun(stage: string, out: string, options: LadderOptions): Partial<TrainOptions> {
  const seed = options.seed === undefined ? {} : { seed: options.seed };
  return { model: stage, preset: 'lecture', out, sampleEvery: 0, evalEvery: 500, ...seed };
}

/** Both losses, measured as in the lecture: means over 200 random batches. */
async function measured(
  { record, state }: Checkpoint,
  tokens: TokenSplit,
  stage: string,
  options: LadderOptions,
): Promise<Omit<StageResult, 'stage' | 'directory'>> {
  const { model, data } = record;
  const evaluator = await opener(options)(evaluationModel(model));
  const size = evaluationSize(record);
  try {
    return {
      parameters: parameterCount(model),
      steps: record.step,
      trainingLoss: await meanLoss(evaluator, state, evaluationBatches(tokens.training, size)),
      validationLoss: await meanLoss(evaluator, state, evaluationBatches(tokens.validation, size)),
      published: data.sha256 === tinyshakespeareSha256 ? publishedLosses[stage] : undefined,
      seconds: record.seconds,
    };
  } finally {
    await evaluator.dispose();
  }
}

function tableOf(results: readonly StageResult[]): Pick<LadderReport, 'columns' | 'rows'> {
  const columns = [
    'stage',
    'parameters',
    'steps',
    'training loss',
    'validation loss',
    'published',
    'difference',
    'time',
  ];
  const rows = results.map((result) => [
    result.stage,
    formatCount(result.parameters),
    formatCount(result.steps),
    result.trainingLoss.toFixed(4),
    result.validationLoss.toFixed(4),
    result.published === undefined ? '–' : formatPublished(result.published),
    difference(result),
    formatDuration(result.seconds),
  ]);
  return { columns, rows };
}

const barLength = 40;

/** A bar for each stage, with a mark at the published loss. */
function barsOf(results: readonly StageResult[]): string {
  const losses = results.flatMap(({ validationLoss, published }) => [
    validationLoss,
    ...(published === undefined ? [] : [published.from]),
  ]);
  const floor = Math.floor(Math.min(...losses) * 5) / 5;
  const top = Math.max(...losses);
  const place = (loss: number): number => Math.round(((loss - floor) / (top - floor || 1)) * barLength);
  const width = Math.max(...results.map(({ stage }) => stage.length));
  const bars = results.map(({ stage, validationLoss, published }) => {
    const bar = [...'█'.repeat(Math.max(1, place(validationLoss))).padEnd(barLength + 1)];
    if (published !== undefined) bar[place(published.from)] = '◆';
    return `  ${stage.padEnd(width)}  ${bar.join('')} ${validationLoss.toFixed(2)}`;
  });
  const key = results.some(({ published }) => published !== undefined) ? [`  ${' '.repeat(width)}  ◆ published`] : [];
  return [...bars, ...key].join('\n');
}

function difference({ validationLoss, published }: StageResult): string {
  if (published === undefined) return '–';
  const distance = distanceFromPublished(validationLoss, published);
  return distance === 0 ? '0' : `${distance > 0 ? '+' : '−'}${Math.abs(distance).toFixed(3)}`;
}

/** With the names of metrics.jsonl. */
function toJson(result: StageResult): Readonly<Record<string, unknown>> {
  return {
    stage: result.stage,
    parameters: result.parameters,
    steps: result.steps,
    training_loss: result.trainingLoss,
    validation_loss: result.validationLoss,
    published: result.published ?? null,
    seconds: result.seconds,
    directory: result.directory,
  };
}

function sameCommand({ data, out, stages }: LadderOptions): string {
  const flags = [
    ...(data === undefined ? [] : ['--data', shellWord(data)]),
    '--out',
    shellWord(out),
    ...(stages === undefined ? [] : ['--stages', stages.join(',')]),
  ];
  return `npx trilu ladder ${flags.join(' ')}`;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
