import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { defineModel } from '../../../models/index.ts';
import { parameterCount } from '../../programs/parameters.ts';
import { readCheckpoint } from '../../runs/run-directory.ts';
import { makeDirectory, writeFileAtomic } from '../../storage/atomic-file.ts';
import { evaluationBatches } from '../../text/batches.ts';
import type { TokenSplit } from '../../text/split.ts';
import type { Checkpoint } from '../../trainer/checkpoint.ts';
import { evaluationModel, evaluationSize, meanLoss } from '../../trainer/evaluation.ts';
import { runFiles } from '../../trainer/run-files.ts';
import { formatCount, formatDuration, formatTable, shellWord } from '../format.ts';
import { type LadderOptions, ladderStages } from '../ladder.ts';
import { type LadderReport, ladderReport } from '../ladder-report.ts';
import { runningOptions } from '../options.ts';
import {
  distanceFromPublished,
  formatPublished,
  type PublishedLoss,
  publishedLosses,
  tinyshakespeareSha256,
} from '../published-losses.ts';
import { opener } from '../running.ts';
import type { TrainOptions } from '../train.ts';
import { planTraining } from '../training-plan.ts';
import { train } from './train.ts';

/** What a stage came to. */
export interface Rung {
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

/** `trilu ladder`: the table goes to stdout, everything on the way to stderr. */
export async function runLadder(options: LadderOptions): Promise<void> {
  const stages = options.stages ?? ladderStages;
  await makeDirectory(options.out);
  const rungs: Rung[] = [];
  for (const [index, stage] of stages.entries()) {
    say(`\n${index + 1} of ${stages.length}: ${stage}`);
    const rung = await climb(stage, options);
    if (rung === undefined) {
      say(`\nStopped; what is trained is saved. Go on with: ${sameCommand(options)}`);
      return;
    }
    rungs.push(rung);
  }
  const report = join(options.out, 'ladder.html');
  const { columns, rows } = tableOf(rungs);
  const title = `The ladder on ${options.data === undefined ? 'Moby-Dick' : basename(options.data)}`;
  await writeFileAtomic(report, await ladderReport({ title, columns, rows, runs: rungs }));
  process.stdout.write(
    options.json === true ? `${JSON.stringify(rungs.map(toJson), null, 2)}\n` : `${formatTable(columns, rows)}\n`,
  );
  say(`\nValidation loss\n${barsOf(rungs)}`);
  say(`\nThe runs are in ${options.out}; open ${report} for their curves. Next:`);
  const last = rungs.at(-1);
  if (last !== undefined) say(`  npx trilu generate ${shellWord(last.directory)}   write with the last one`);
}

/** Trains a stage as far as it is not trained yet. Undefined when the user stopped it. */
async function climb(stage: string, options: LadderOptions): Promise<Rung | undefined> {
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

/** Both losses as the lecture takes them: means over 200 random batches. */
async function measured(
  { record, state }: Checkpoint,
  tokens: TokenSplit,
  stage: string,
  options: LadderOptions,
): Promise<Omit<Rung, 'stage' | 'directory'>> {
  const { config, data } = record;
  const model = defineModel(config);
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

function tableOf(rungs: readonly Rung[]): Pick<LadderReport, 'columns' | 'rows'> {
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
  const rows = rungs.map((rung) => [
    rung.stage,
    formatCount(rung.parameters),
    formatCount(rung.steps),
    rung.trainingLoss.toFixed(4),
    rung.validationLoss.toFixed(4),
    rung.published === undefined ? '–' : formatPublished(rung.published),
    difference(rung),
    formatDuration(rung.seconds),
  ]);
  return { columns, rows };
}

const barLength = 40;

/** A bar for each stage, from the floor under the lowest loss up; a mark where the published one lies. */
function barsOf(rungs: readonly Rung[]): string {
  const losses = rungs.flatMap(({ validationLoss, published }) => [
    validationLoss,
    ...(published === undefined ? [] : [published.from]),
  ]);
  const floor = Math.floor(Math.min(...losses) * 5) / 5;
  const top = Math.max(...losses);
  const place = (loss: number): number => Math.round(((loss - floor) / (top - floor || 1)) * barLength);
  const width = Math.max(...rungs.map(({ stage }) => stage.length));
  const bars = rungs.map(({ stage, validationLoss, published }) => {
    const bar = [...'█'.repeat(Math.max(1, place(validationLoss))).padEnd(barLength + 1)];
    if (published !== undefined) bar[place(published.from)] = '◆';
    return `  ${stage.padEnd(width)}  ${bar.join('')} ${validationLoss.toFixed(2)}`;
  });
  const key = rungs.some(({ published }) => published !== undefined) ? [`  ${' '.repeat(width)}  ◆ published`] : [];
  return [...bars, ...key].join('\n');
}

function difference({ validationLoss, published }: Rung): string {
  if (published === undefined) return '–';
  const distance = distanceFromPublished(validationLoss, published);
  return distance === 0 ? '0' : `${distance > 0 ? '+' : '−'}${Math.abs(distance).toFixed(3)}`;
}

/** As metrics.jsonl names things. */
function toJson(rung: Rung): Readonly<Record<string, unknown>> {
  return {
    stage: rung.stage,
    parameters: rung.parameters,
    steps: rung.steps,
    training_loss: rung.trainingLoss,
    validation_loss: rung.validationLoss,
    published: rung.published ?? null,
    seconds: rung.seconds,
    directory: rung.directory,
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
