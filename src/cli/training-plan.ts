import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineModel, type ModelConfig, modelConfig } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import { modelFiles } from '../export/hugging-face/model-directory.ts';
import { readCheckpoint, runFiles } from '../runs/run-directory.ts';
import { BatchSampler } from '../text/batches.ts';
import { splitTokens, type TokenSplit } from '../text/split.ts';
import { CharacterTokenizer } from '../text/tokenizer.ts';
import type { Checkpoint, TrainerRecord } from '../trainer/checkpoint.ts';
import { checkSetup, presetFor, type TrainingSetup } from '../trainer/setup.ts';
import { initialState } from '../trainer/trainer.ts';
import { type Corpus, loadCorpus } from './corpus.ts';
import { formatCount } from './format.ts';
import type { TrainOptions } from './train.ts';

/** A run, ready to be made. */
export interface TrainingPlan {
  readonly checkpoint: Checkpoint;
  readonly tokens: TokenSplit;
  readonly directory: string;
  readonly corpus: Corpus;
}

/**
 * What to train on what, from where: a new run, or the one to resume.
 * @throws UserError when options contradict each other or the run, or the text can't be used.
 */
export async function planTraining(options: TrainOptions): Promise<TrainingPlan> {
  return options.resume === undefined ? prepareNew(options) : prepareResume(options, options.resume);
}

async function prepareNew(options: TrainOptions): Promise<TrainingPlan> {
  const model = options.model ?? 'gpt-nano';
  const corpus = await loadCorpus(options.data);
  const tokenizer = CharacterTokenizer.fromText(corpus.text);
  const config = configFor(model, options, tokenizer.size);
  const setup = setupFrom(presetFor(model), options);
  checkSetup(setup);
  const tokens = splitTokens(tokenizer.encode(corpus.text, corpus.name), { block: config.blockSize });
  const directory = options.out ?? freeDirectory(join('runs', model));
  refuseTaken(directory);
  const sampler = new BatchSampler(tokens.training, { batch: setup.batch, block: config.blockSize, seed: setup.seed });
  const record: TrainerRecord = {
    step: 0,
    seconds: 0,
    config,
    setup,
    vocabulary: tokenizer.vocabulary,
    data: { path: options.data === undefined ? undefined : resolve(options.data), ...fingerprint(corpus.text) },
    dataPosition: sampler.getState(),
  };
  return { checkpoint: { record, state: initialState(defineModel(config), setup.seed) }, tokens, directory, corpus };
}

/** What is asked for on the command line and can't be is wrong usage. */
function configFor(model: string, options: TrainOptions, vocabularySize: number): ModelConfig {
  try {
    return modelConfig(model, { ...configSettings(options), vocabularySize });
  } catch (cause) {
    throw cause instanceof UserError ? new UserError(cause.message, { exitCode: 2, cause }) : cause;
  }
}

/** Nothing that was trained is ever written over. */
function refuseTaken(directory: string): void {
  const holds = (file: string): boolean => existsSync(join(directory, file));
  if (holds(runFiles.state)) {
    throw new UserError(
      `${directory} holds a run already: go on with it by --resume ${directory}, or choose another folder with --out.`,
    );
  }
  if (holds(modelFiles.weights)) {
    throw new UserError(`${directory} holds a model already: choose another folder with --out.`);
  }
}

async function prepareResume(options: TrainOptions, directory: string): Promise<TrainingPlan> {
  refuseContradictions(options);
  const checkpoint = await readCheckpoint(directory);
  const { record } = checkpoint;
  const corpus = await corpusOf(record, options, directory);
  if (fingerprint(corpus.text).sha256 !== record.data.sha256) {
    throw new UserError(
      `${corpus.name} is not the text that ${directory} was trained on (it has ${formatCount([...corpus.text].length)} characters, that one ${formatCount(record.data.characters)}); name the right one with --data.`,
    );
  }
  const setup = {
    ...record.setup,
    ...reportSettings(options),
    ...(options.steps === undefined ? {} : { steps: options.steps }),
  };
  if (record.step >= setup.steps) {
    throw new UserError(`${directory} has made its ${record.step} steps already; ask for more with --steps.`);
  }
  const tokenizer = CharacterTokenizer.fromVocabulary(record.vocabulary);
  const tokens = splitTokens(tokenizer.encode(corpus.text, corpus.name), { block: record.config.blockSize });
  return { checkpoint: { ...checkpoint, record: { ...record, setup } }, tokens, directory, corpus };
}

/** The text of a run: where it was, unless --data says where it is now. */
async function corpusOf(
  { data }: TrainerRecord,
  options: Pick<TrainOptions, 'data'>,
  directory: string,
): Promise<Corpus> {
  if (options.data === undefined && data.path !== undefined && !existsSync(data.path)) {
    throw new UserError(
      `The text that ${directory} was trained on is no longer at ${data.path}: say with --data where it is.`,
    );
  }
  return loadCorpus(options.data ?? data.path);
}

/** What would make it another run can't be changed on resume. */
function refuseContradictions(options: TrainOptions): void {
  const fixed = {
    'A model': options.model,
    '--out': options.out,
    '--seed': options.seed,
    '--batch': options.batch,
    '--block': options.block,
    '--layers': options.layers,
    '--heads': options.heads,
    '--embedding': options.embedding,
    '--dropout': options.dropout,
    '--initialization': options.initialization,
    '--learning-rate': options.learningRate,
    '--minimum-learning-rate': options.minimumLearningRate,
    '--warm-up': options.warmUp,
    '--decay-steps': options.decaySteps,
    '--weight-decay': options.weightDecay,
    '--beta1': options.beta1,
    '--beta2': options.beta2,
    '--clip': options.clip,
  };
  const given = Object.entries(fixed).find(([, value]) => value !== undefined);
  if (given !== undefined) {
    throw new UserError(`${given[0]} can't be given with --resume: the run keeps what it began with. Leave it out.`, {
      exitCode: 2,
    });
  }
}

type ConfigSettings = Partial<
  Pick<ModelConfig, 'blockSize' | 'layers' | 'heads' | 'embedding' | 'dropout' | 'initialization'>
>;

function configSettings(options: TrainOptions): ConfigSettings {
  const { block, layers, heads, embedding, dropout, initialization } = options;
  return given({ blockSize: block, layers, heads, embedding, dropout, initialization });
}

function reportSettings(options: TrainOptions): Partial<TrainingSetup> {
  return given({
    evaluateEvery: options.evalEvery,
    evaluateBatches: options.evalBatches,
    sampleEvery: options.sampleEvery,
    checkpointEvery: options.checkpointEvery,
    stepsPerRun: options.stepsPerRun,
  });
}

function setupFrom(preset: TrainingSetup, options: TrainOptions): TrainingSetup {
  const { learningRate, minimumLearningRate, warmUp, decaySteps, weightDecay, beta1, beta2, clip, steps, batch, seed } =
    options;
  const schedule = { ...preset.schedule, ...given({ learningRate, warmUp, decaySteps }) };
  // A rate given alone keeps the preset's proportion between the highest and the lowest.
  const proportion = preset.schedule.minimumLearningRate / preset.schedule.learningRate;
  return {
    ...preset,
    ...given({ steps, batch, seed }),
    ...reportSettings(options),
    schedule: { ...schedule, minimumLearningRate: minimumLearningRate ?? schedule.learningRate * proportion },
    optimizer: { ...preset.optimizer, ...given({ weightDecay, beta1, beta2, clip }) },
  };
}

/** Only the entries that are there. */
function given<Settings extends object>(
  settings: Settings,
): { [Name in keyof Settings]?: NonNullable<Settings[Name]> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Settings]?: NonNullable<Settings[Name]>;
  };
}

function fingerprint(text: string): { characters: number; sha256: string } {
  let characters = 0;
  for (const _ of text) characters++;
  return { characters, sha256: createHash('sha256').update(text, 'utf8').digest('hex') };
}

/** runs/gpt-nano, or the first of runs/gpt-nano-2, -3, … that is free. */
function freeDirectory(wanted: string): string {
  let directory = wanted;
  for (let number = 2; existsSync(directory); number++) directory = `${wanted}-${number}`;
  return directory;
}
