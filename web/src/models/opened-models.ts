import {
  type ConfiguredModel,
  readModel,
  readOnnxModel,
  type Tokenizer,
  type TrainedModel,
  UserError,
  type Weights,
} from '../../../src/index.ts';
import { inspectModel, readModelSummary } from '../../../src/onnx.ts';
import { configFromJson, forwardProgram, parameterCount, requireTokenizer, tokenizerOf } from '../../../src/parts.ts';
import { addressOf } from '../engine/address.ts';
import { isRunId, runModel, savedRuns } from '../train/saved-runs.ts';
import { bytesOf, type Folder, folderWith, unpacked } from './files.ts';
import type { ModelChoice, ModelInfo, NamedFile } from './model-info.ts';

/** A model in the engine. */
export interface OpenedModel {
  readonly info: ModelInfo;
  /** Changes when a model of the same id weighs something else. */
  readonly version: number;
  readonly model: ConfiguredModel;
  readonly tokenizer: Tokenizer;
  /** Absent where all there is is a file whose weights are no longer float32. */
  readonly weights?: Weights;
  /** A decode program that is run as it is. */
  readonly decode?: Uint8Array;
}

/** The model that comes with the app. */
export const shippedId = 'gpt-nano';

const shipped: ModelChoice = { id: shippedId, name: 'gpt-nano, trained on Moby-Dick', origin: 'shipped' };

const opened = new Map<string, Promise<OpenedModel>>();
const dropped: ModelChoice[] = [];

/** All models that can be chosen: the shipped one, what was dropped, what was trained here. */
export async function modelChoices(): Promise<readonly ModelChoice[]> {
  const runs = (await savedRuns()).filter(({ step }) => step > 0);
  return [shipped, ...dropped, ...runs.map(({ id, name }): ModelChoice => ({ id, name, origin: 'run' }))];
}

/**
 * A model by its id.
 * @throws UserError when there is none of that id
 */
export function openedModel(id: string): Promise<OpenedModel> {
  // A run goes on learning: what it weighs now is read anew.
  if (isRunId(id)) return openRun(id);
  const known = opened.get(id) ?? (id === shippedId ? openShipped() : undefined);
  if (known === undefined)
    return Promise.reject(new UserError(`There is no model ${id} any more: choose another one.`));
  opened.set(id, known);
  known.catch(() => opened.delete(id));
  return known;
}

/**
 * Takes files that were dropped: an .onnx file that trilu wrote, or a model directory, as it is or in a zip.
 * @throws UserError for anything else, and for files that are damaged or don't fit together
 */
export async function takeModel(files: readonly NamedFile[]): Promise<ModelInfo> {
  const all = await unpacked(files);
  const id = `dropped-${dropped.length + 1}`;
  const folder = folderWith('config.json', all);
  const onnx = all.find(({ path }) => path.toLowerCase().endsWith('.onnx'));
  const taken = await (folder === undefined ? fromFile(id, files, onnx) : fromFolder(id, folder));
  dropped.push(taken.info);
  opened.set(id, Promise.resolve(taken));
  return taken.info;
}

async function fromFolder(id: string, { name, files }: Folder): Promise<OpenedModel> {
  const read = async (wanted: string): Promise<Uint8Array | undefined> => {
    const file = files.get(wanted);
    return file === undefined ? undefined : bytesOf(file, `${name}/${wanted}`);
  };
  return fromTrained({ id, name, origin: 'dropped' }, await readModel(read, name));
}

async function fromFile(id: string, files: readonly NamedFile[], onnx: NamedFile | undefined): Promise<OpenedModel> {
  if (onnx !== undefined)
    return fromOnnx({ id, name: onnx.path, origin: 'dropped' }, await bytesOf(onnx.file, onnx.path));
  const [first, second] = files;
  const what =
    first === undefined || second !== undefined ? 'Among these files there is no model' : `${first.path} is no model`;
  throw new UserError(
    `${what}: drop an .onnx file that trilu wrote, or a folder (or zip) with config.json and model.safetensors.`,
  );
}

async function openShipped(): Promise<OpenedModel> {
  const read = async (name: string): Promise<Uint8Array | undefined> => {
    const response = await fetch(addressOf(`gpt-nano/${name}`)).catch((cause: unknown) => {
      throw new UserError('The model of the app could not be fetched: is the network there?', { cause });
    });
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : undefined;
  };
  return fromTrained(shipped, await readModel(read, 'gpt-nano'));
}

async function openRun(id: string): Promise<OpenedModel> {
  const { name, step, trained } = await runModel(id);
  return fromTrained({ id, name, origin: 'run' }, trained, step);
}

function fromTrained(
  choice: ModelChoice,
  { model, weights, tokenizer: known }: TrainedModel,
  version = 0,
): OpenedModel {
  const tokenizer = requireTokenizer(known, choice.name);
  return { info: infoOf(choice, model, tokenizer), version, model, tokenizer, weights };
}

/** An .onnx file: whole, if its weights are float32; else the decode program that it is. */
function fromOnnx(choice: ModelChoice, bytes: Uint8Array): OpenedModel {
  const { metadata } = readModelSummary(bytes, choice.name);
  if (metadata['trilu.config'] === undefined) {
    inspectModel(bytes, choice.name); // damaged files are told of as such
    throw new UserError(
      `${choice.name} was not written by trilu, so it can't be told how to write text with it; Look inside shows what is in it.`,
    );
  }
  try {
    return fromTrained(choice, readOnnxModel(bytes, choice.name));
  } catch (error) {
    if (!(error instanceof UserError) || metadata['trilu.program'] !== 'decode') throw error;
    return asItIs(choice, bytes, metadata);
  }
}

/** A decode program whose weights are no longer float32: it writes, and that is all. */
function asItIs(choice: ModelChoice, bytes: Uint8Array, metadata: Readonly<Record<string, string>>): OpenedModel {
  const model = configFromJson(JSON.parse(metadata['trilu.config'] ?? ''), choice.name);
  const tokenizer = requireTokenizer(tokenizerOf({ program: { metadata } }), choice.name);
  const noAttention = 'This file has no float32 weights any more, so its attention can’t be computed again.';
  const info = { ...infoOf(choice, model, tokenizer), noAttention };
  return { info, version: 0, model, tokenizer, decode: bytes };
}

function infoOf(choice: ModelChoice, model: ConfiguredModel, { size, characters }: Tokenizer): ModelInfo {
  const info: ModelInfo = {
    ...choice,
    stage: model.name,
    blockSize: model.block,
    tokens: size,
    ...(characters === undefined ? {} : { characters }),
    parameters: parameterCount(model),
  };
  const [, attention] = forwardProgram(model, { taps: ['attention'] }).graph.outputs;
  return attention === undefined
    ? { ...info, noAttention: `A ${model.name} looks at one character only: it has no attention.` }
    : info;
}
