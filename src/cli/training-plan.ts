import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defineModel, type ModelConfig, modelConfig } from '../../models/index.ts';
import { type OpenedCorpus, openCorpus } from '../corpus/open-corpus.ts';
import { UserError } from '../errors.ts';
import { modelFiles } from '../export/hugging-face/model-directory.ts';
import { readCheckpoint, textPath } from '../runs/run-directory.ts';
import { readMetrics } from '../runs/run-logs.ts';
import type { DeviceName } from '../runtime/session.ts';
import type { Tensors } from '../runtime/tensor.ts';
import { splitTokens, type TokenSplit } from '../text/split.ts';
import { newRecord } from '../trainer/new-record.ts';
import type { Preset } from '../trainer/presets.ts';
import type { TrainerRecord } from '../trainer/record.ts';
import { type Metrics, runFiles } from '../trainer/run-files.ts';
import { checkSetup, partsForCpu, type TrainingSetup } from '../trainer/setup.ts';
import { initialState } from '../trainer/state.ts';
import { isOutOfPatience } from '../trainer/trainer.ts';
import { readConfigFile } from './config-file.ts';
import { formatCount } from './format.ts';
import { readingBar } from './reading-bar.ts';
import { changeableSettings, presetWith } from './run-settings.ts';
import { flagOf, settingEntries } from './settings.ts';
import type { TrainOptions } from './train.ts';

/** A run, ready to be made. */
export interface TrainingPlan {
  /** The run, where it stands. */
  readonly record: TrainerRecord;
  /** The state there. It is given away, because it is large: a second call is a mistake. */
  takeState(): Tensors;
  readonly tokens: TokenSplit;
  readonly directory: string;
  readonly corpus: OpenedCorpus;
  /** What the user should hear before it starts. */
  readonly notices: readonly string[];
  /** What was reported of the run up to its checkpoint. */
  readonly past: readonly Metrics[];
}

/**
 * What to train on what, from where: a new run, or the one to resume.
 * @throws UserError when options contradict each other or the run, or the text can't be used.
 */
export async function planTraining(options: TrainOptions, device: DeviceName): Promise<TrainingPlan> {
  if (options.resume !== undefined) return prepareResume(options, options.resume);
  const fromFile = options.config === undefined ? {} : await readConfigFile(options.config);
  return prepareNew({ ...fromFile, ...options, model: options.model ?? fromFile.model }, device);
}

async function prepareNew(options: TrainOptions, device: DeviceName): Promise<TrainingPlan> {
  const preset = presetWith(options.model, options);
  const { model } = preset;
  checkSetup(preset.setup);
  const corpus = await openText(options.data);
  const config = configFor(preset, corpus.tokenizer.size);
  const setup = options.parts === undefined ? inParts(preset.setup, config.blockSize, device) : preset.setup;
  const tokens = splitTokens(corpus.tokens, { block: config.blockSize });
  const directory = options.out ?? freeDirectory(join('runs', model));
  refuseTaken(directory);
  const record = newRecord({
    config,
    setup,
    vocabulary: corpus.tokenizer.vocabulary,
    data: {
      path: options.data === undefined ? undefined : resolve(options.data),
      characters: corpus.characters,
      sha256: corpus.sha256,
    },
    tokens,
  });
  return {
    record,
    takeState: once(() => initialState(defineModel(config), setup.seed)),
    tokens,
    directory,
    corpus,
    notices: [],
    past: [],
  };
}

/** A CPU is quicker over a batch in parts; a GPU wants all of it at once. */
function inParts(setup: TrainingSetup, block: number, device: DeviceName): TrainingSetup {
  const onCpu = device === 'cpu' || device === 'wasm';
  return onCpu ? { ...setup, parts: partsForCpu(setup.batch, block) } : setup;
}

/** What is asked for on the command line and can't be is wrong usage. */
function configFor({ model, config }: Preset, vocabularySize: number): ModelConfig {
  try {
    return modelConfig(model, { ...config, vocabularySize });
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
  const { checkpoint, passedOver } = await readCheckpoint(directory);
  const { record } = checkpoint;
  const corpus = await corpusOf(record, options, directory);
  if (corpus.sha256 !== record.data.sha256) {
    throw new UserError(
      `${corpus.name} is not the text that ${directory} was trained on (it has ${formatCount(corpus.characters)} characters, that one ${formatCount(record.data.characters)}); name the right one with --data.`,
    );
  }
  const setup = { ...record.setup, ...changeableSettings(options) };
  checkSetup(setup);
  if (record.step >= setup.steps) {
    throw new UserError(`${directory} has made its ${record.step} steps already; ask for more with --steps.`);
  }
  if (isOutOfPatience(record.step, record.best, setup)) {
    throw new UserError(
      `${directory} ended early: no evaluation since step ${record.best?.step} was better; go on all the same with --patience 0.`,
    );
  }
  const tokens = splitTokens(corpus.tokens, { block: record.config.blockSize });
  const notices = passedOver.map((problem) => `${problem.replace(/\.$/, '')}; the checkpoint before it is used.`);
  const past = await readMetrics(join(directory, runFiles.metrics), record.step);
  const takeState = once(() => checkpoint.state);
  return { record: { ...record, setup }, takeState, tokens, directory, corpus, notices, past };
}

/** The text of a run: where it was, unless --data says where it is now. */
async function corpusOf(
  { data }: TrainerRecord,
  options: Pick<TrainOptions, 'data'>,
  directory: string,
): Promise<OpenedCorpus> {
  const path = options.data ?? textPath(directory, data.path);
  if (options.data === undefined && path !== undefined && !existsSync(path)) {
    throw new UserError(
      `The text that ${directory} was trained on is no longer at ${path}: say with --data where it is.`,
    );
  }
  return openText(path);
}

/** What would make it another run can't be changed on resume. */
function refuseContradictions(options: TrainOptions): void {
  const fixed = settingEntries().filter(([name, { changeable }]) => changeable !== true && options[name] !== undefined);
  const [setting] = fixed.map(([name]) =>
    options[name] === false ? flagOf(name).replace('--', '--no-') : flagOf(name),
  );
  const others = { 'A model': options.model, '--out': options.out, '--config': options.config };
  const [other] = Object.entries(others).flatMap(([what, value]) => (value === undefined ? [] : what));
  const given = other ?? setting;
  if (given !== undefined) {
    throw new UserError(`${given} can't be given with --resume: the run keeps what it began with. Leave it out.`, {
      exitCode: 2,
    });
  }
}

/** Opens a text; where that takes its time, stderr says how far it is. */
async function openText(path: string | undefined): Promise<OpenedCorpus> {
  const bar = readingBar(path ?? '');
  try {
    return await openCorpus(path, { onProgress: (bytes, total) => bar.update(bytes, total) });
  } finally {
    bar.stop();
  }
}

/** What may be taken once, and is not held on to. */
function once<Result>(make: () => Result): () => Result {
  let left: (() => Result) | undefined = make;
  return () => {
    if (left === undefined) throw new TypeError('it was taken before');
    const taken = left();
    left = undefined;
    return taken;
  };
}

/** runs/gpt-nano, or the first of runs/gpt-nano-2, -3, … that is free. */
function freeDirectory(wanted: string): string {
  let directory = wanted;
  for (let number = 2; existsSync(directory); number++) directory = `${wanted}-${number}`;
  return directory;
}
