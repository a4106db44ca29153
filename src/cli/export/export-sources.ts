import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { ladder, modelNames } from '../../../models/index.ts';
import { loadCorpus } from '../../corpus/corpus.ts';
import { UserError } from '../../errors.ts';
import type { TrainedModel } from '../../model-directory/model-directory.ts';
import { modelParameters } from '../../programs/index.ts';
import { tokenizerFromText } from '../../text/tokenizer.ts';
import { characterTokenizers } from '../../text/tokenizers/characters.ts';
import { initialWeights } from '../../train/initialize.ts';
import { type ChosenModel, chooseModel, isModulePath, rememberedModule } from '../model-module.ts';
import { readTrainedModel } from '../trained-model.ts';
import type { ExportOptions } from './export-options.ts';

/** A model without its weights. */
export type Outline = Omit<TrainedModel, 'weights'>;

/** A model to export, and the folder that its files go into. */
export interface Source {
  readonly outline: Outline;
  /** The model with its weights. Fresh weights are drawn at the first call, so that other work can be done before. */
  readonly model: () => Promise<TrainedModel>;
  readonly directory: string;
  /** The directory of a trained model; without one, the weights are freshly drawn. */
  readonly trainedIn?: string;
}

/** One model, or the whole ladder. @throws UserError where there is no such model */
export async function exportSources(options: ExportOptions): Promise<readonly Source[]> {
  const { source, out, seed = 1337, data, format } = options;
  if (source !== undefined && !modelNames.includes(source) && !isModulePath(source)) {
    requireDirectory(source);
    const directory = out ?? (format === 'hf' ? source : join(source, 'onnx'));
    const { module, ...read } = await readTrainedModel(source, options.model);
    const model =
      module === undefined ? read : { ...read, module: rememberedModule(directory, resolve(source, module)) };
    const { weights, ...outline } = model;
    return [{ outline, model: async () => model, directory, trainedIn: source }];
  }
  const { text } = await loadCorpus(data);
  const chosen = source === undefined ? ladder.map((model) => ({ model })) : [await chooseModel(source)];
  return chosen.map((model) => untrained(model, text, seed, out));
}

function untrained(
  { model: definition, module, tokenizer: kind = characterTokenizers }: ChosenModel,
  text: string,
  seed: number,
  out = 'out',
): Source {
  const directory = join(out, definition.name);
  const tokenizer = tokenizerFromText(kind, text);
  const outline = {
    model: definition.configure({ vocabulary: tokenizer.size }),
    tokenizer,
    ...(module === undefined ? {} : { module: rememberedModule(directory, module) }),
  };
  let drawn: Promise<TrainedModel> | undefined;
  const model = (): Promise<TrainedModel> => {
    drawn ??= withFreshWeights(outline, seed);
    return drawn;
  };
  return { outline, model, directory };
}

/** Draws a parameter at a time, so that what else goes on is not held up: the ten million numbers of gpt take a second. */
async function withFreshWeights(outline: Outline, seed: number): Promise<TrainedModel> {
  const weights = new Map<string, Float32Array>();
  for (const [name, data] of initialWeights(modelParameters(outline.model), outline.model.initialization, seed)) {
    weights.set(name, data);
    await othersTurn();
  }
  return { ...outline, weights };
}

function requireDirectory(source: string): void {
  const found = statSync(source, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  const hint = found === undefined ? '' : ` Its folder, ${dirname(source)}, may be one.`;
  throw new UserError(
    `${source} is neither a model of the ladder (${modelNames.join(', ')}) nor a model directory.${hint}`,
    { exitCode: 2 },
  );
}
