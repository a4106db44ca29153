import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ladder } from '../../models/index.ts';
import { type OpenCorpusOptions, type OpenedCorpus, openCorpus, type TextFacts } from '../corpus/open-corpus.ts';
import { UserError } from '../errors.ts';
import type { GivenSettings, Model } from '../model/index.ts';
import { modelFiles, parameterShapes } from '../model-directory/model-directory.ts';
import { diskFiles } from '../runs/disk-files.ts';
import type { FoundCheckpoint } from '../runs/last-checkpoint.ts';
import { readCheckpoint, textPath } from '../runs/run-directory.ts';
import { readMetrics } from '../runs/run-logs.ts';
import { deviceNamed } from '../runtime/devices/node/node-devices.ts';
import type { DeviceName } from '../runtime/session.ts';
import type { Tensors } from '../runtime/tensor.ts';
import { flagOf } from '../settings/names.ts';
import { splitTokens, type TokenSplit } from '../text/split.ts';
import { unitOf } from '../text/tokenizer.ts';
import type { Checkpoint } from '../train/trainer/checkpoint.ts';
import { newRecord } from '../train/trainer/new-record.ts';
import type { TrainerRecord } from '../train/trainer/record.ts';
import { type Metrics, runFiles } from '../train/trainer/run-files.ts';
import { checkSetup, partsForCpu, type TrainingSetup } from '../train/trainer/setup.ts';
import { isOutOfPatience } from '../train/trainer/trainer.ts';
import { initialState } from '../train/trainer/training-state.ts';
import { readConfigFile } from './config-file.ts';
import { formatCount } from './format.ts';
import { type ChosenModel, chooseModel, isModulePath, rememberedModule } from './model-module.ts';
import type { RunningOptions } from './options.ts';
import { readingBar } from './reading-bar.ts';
import { changeableSettings, presetWith } from './run-settings.ts';
import { settingEntries, type TrainSettings } from './settings.ts';
import { withModelsOf } from './trained-model.ts';

/** What `train` and `start` take. */
export interface TrainOptions extends RunningOptions, TrainSettings {
  /** The model's name on the ladder, or the path of a module that exports one; with --resume, where the run's module is now. */
  readonly model: string | undefined;
  /** The text file; unset is the embedded corpus. */
  readonly data?: string;
  /** The run directory to write. */
  readonly out?: string;
  /** The run directory to go on with. */
  readonly resume?: string;
  /** A JSON file of settings; what is on the command line goes before it. */
  readonly config?: string;
  /** Whether event files for TensorBoard are written; unset is yes. */
  readonly tensorboard?: boolean;
}

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
  const file = options.config === undefined ? undefined : await readConfigFile(options.config);
  const name = options.model ?? file?.model;
  const chosen = name === undefined ? undefined : await chooseModel(name);
  const fromFile = file?.settings(chosen?.module === undefined ? ladder : [chosen.model]) ?? {};
  return prepareNew({ ...fromFile, ...options }, chosen, device);
}

async function prepareNew(
  options: TrainOptions,
  chosen: ChosenModel | undefined,
  device: DeviceName,
): Promise<TrainingPlan> {
  const preset = presetWith(chosen?.model, options);
  checkSetup(preset.setup);
  const corpus = await openText(options.data, { tokenizer: chosen?.tokenizer });
  const model = preset.model.configure({ ...preset.settings, vocabulary: corpus.tokenizer.size } as GivenSettings);
  parameterShapes(model); // what is wrong with a definition is said before anything is written
  const setup = options.parts === undefined ? inParts(preset.setup, model.block, device) : preset.setup;
  const tokens = splitTokens(corpus.tokens, { block: model.block, unit: unitOf(corpus.tokenizer) });
  const directory = options.out ?? freeDirectory(join('runs', model.name));
  refuseTaken(directory);
  const record = newRecord({
    model,
    module: chosen?.module === undefined ? undefined : rememberedModule(directory, chosen.module),
    setup,
    tokenizer: corpus.tokenizer,
    data: {
      path: options.data === undefined ? undefined : resolve(options.data),
      characters: corpus.characters,
      sha256: corpus.sha256,
    },
    tokens,
  });
  return {
    record,
    takeState: once(() => initialState(model, setup)),
    tokens,
    directory,
    corpus,
    notices: [],
    past: [],
  };
}

function inParts(setup: TrainingSetup, block: number, device: DeviceName): TrainingSetup {
  return deviceNamed(device).splitsBatch === true ? { ...setup, parts: partsForCpu(setup.batch, block) } : setup;
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
  refuseContradictions(options, ladder);
  const read = async (models: readonly Model[]): Promise<FoundCheckpoint> => {
    refuseContradictions(options, models);
    const found = await readCheckpoint(directory, models);
    requireParameters(found.checkpoint, directory);
    return found;
  };
  const { model: moved } = options;
  const remedy = `say where it is: npx trilu train path/to/module.js --resume ${directory}`;
  const { checkpoint, passedOver } = await withModelsOf(directory, moved, read, remedy);
  const module = moved === undefined ? checkpoint.record.module : rememberedModule(directory, resolve(moved));
  const record: TrainerRecord = { ...checkpoint.record, module };
  const corpus = await corpusOf(record, options, directory);
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
  const tokens = splitTokens(corpus.tokens, { block: record.model.block, unit: unitOf(record.tokenizer) });
  const notices = passedOver.map((problem) => `${problem.replace(/\.$/, '')}; the checkpoint before it is used.`);
  const past = await readMetrics(diskFiles(directory), record.step);
  const takeState = once(() => checkpoint.state);
  return { record: { ...record, setup }, takeState, tokens, directory, corpus, notices, past };
}

/** A model of a user's own may have been changed since its run began. */
function requireParameters({ record, state }: Checkpoint, directory: string): void {
  for (const [name, shape] of parameterShapes(record.model)) {
    const kept = state[name]?.shape;
    if (String(kept) === String(shape)) continue;
    const found = kept === undefined ? 'no such parameter' : `one of shape [${kept.join(', ')}]`;
    throw new UserError(
      `${record.model.name} has a parameter ${name} of shape [${shape.join(', ')}], but the run in ${directory} has ${found}.`,
    );
  }
}

/** The text of a run: where it was, unless --data says where it is now. */
async function corpusOf(
  { data, tokenizer }: TrainerRecord,
  options: Pick<TrainOptions, 'data'>,
  directory: string,
): Promise<OpenedCorpus> {
  const path = options.data ?? textPath(directory, data.path);
  if (options.data === undefined && path !== undefined && !existsSync(path)) {
    throw new UserError(
      `The text that ${directory} was trained on is no longer at ${path}: say with --data where it is.`,
    );
  }
  const check = ({ name, characters, sha256 }: TextFacts): void => {
    if (sha256 === data.sha256) return;
    throw new UserError(
      `${name} is not the text that ${directory} was trained on (it has ${formatCount(characters)} characters, that one ${formatCount(data.characters)}); name the right one with --data.`,
    );
  };
  return openText(path, { tokenizer, check });
}

/** What would make it another run can't be changed on resume. */
function refuseContradictions(options: TrainOptions, models: readonly Model[]): void {
  const fixed = settingEntries(models).filter(
    ([name, { changeable }]) => changeable !== true && options[name] !== undefined,
  );
  const [setting] = fixed.map(([name]) =>
    options[name] === false ? flagOf(name).replace('--', '--no-') : flagOf(name),
  );
  const others = {
    'A model': options.model === undefined || isModulePath(options.model) ? undefined : options.model,
    '--out': options.out,
    '--config': options.config,
  };
  const [other] = Object.entries(others).flatMap(([what, value]) => (value === undefined ? [] : what));
  const given = other ?? setting;
  if (given !== undefined) {
    throw new UserError(`${given} can't be given with --resume: the run keeps what it began with. Leave it out.`, {
      exitCode: 2,
    });
  }
}

/** Opens a text; where that takes its time, stderr says how far it is. */
async function openText(path: string | undefined, options: OpenCorpusOptions = {}): Promise<OpenedCorpus> {
  const bar = readingBar(path ?? '');
  try {
    return await openCorpus(path, { ...options, onProgress: (bytes, total) => bar.update(bytes, total) });
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
