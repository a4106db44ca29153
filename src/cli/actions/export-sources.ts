import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate as othersTurn } from 'node:timers/promises';
import { defineModel, modelConfig, modelNames } from '../../../models/index.ts';
import { loadCorpus } from '../../corpus/corpus.ts';
import { UserError } from '../../errors.ts';
import type { TrainedModel } from '../../export/hugging-face/model-directory.ts';
import { modelParameters } from '../../programs/index.ts';
import { readModelDirectory } from '../../runs/run-directory.ts';
import { CharacterTokenizer } from '../../text/tokenizer.ts';
import { initialize } from '../../train/initialize.ts';
import type { ExportOptions } from '../export.ts';

/** A model without its weights. */
export type Outline = Omit<TrainedModel, 'weights'>;

/** A model to export, and the folder that its files go into. */
export interface Source {
  readonly outline: Outline;
  /** The model with its weights. Fresh ones are drawn when they are first asked for: until then some of the work can be done. */
  readonly model: () => Promise<TrainedModel>;
  readonly directory: string;
  /** Where a model comes from that was trained; the others' weights are fresh. */
  readonly trainedIn?: string;
}

/** One model, or the whole ladder. @throws UserError where there is no such model */
export async function exportSources(options: ExportOptions): Promise<readonly Source[]> {
  const { source, out, seed = 1337, data, format } = options;
  if (source !== undefined && !modelNames.includes(source)) {
    requireDirectory(source);
    const model = await readModelDirectory(source);
    const { weights, ...outline } = model;
    return [
      {
        outline,
        model: async () => model,
        directory: out ?? (format === 'hf' ? source : join(source, 'onnx')),
        trainedIn: source,
      },
    ];
  }
  const { vocabulary } = CharacterTokenizer.fromText((await loadCorpus(data)).text);
  const names = source === undefined ? modelNames : [source];
  return names.map((name) => ({
    ...untrained(name, vocabulary, seed),
    directory: join(out ?? 'out', name),
  }));
}

function untrained(name: string, vocabulary: readonly string[], seed: number): Pick<Source, 'outline' | 'model'> {
  const outline = { config: modelConfig(name, { vocabularySize: vocabulary.length }), vocabulary };
  let drawn: Promise<TrainedModel> | undefined;
  const model = (): Promise<TrainedModel> => {
    drawn ??= withFreshWeights(outline, seed);
    return drawn;
  };
  return { outline, model };
}

/** Draws a parameter at a time, so that what else goes on is not held up: the ten million numbers of gpt take a second. */
async function withFreshWeights(outline: Outline, seed: number): Promise<TrainedModel> {
  const weights = new Map<string, Float32Array>();
  for (const parameter of modelParameters(defineModel(outline.config))) {
    for (const [name, data] of initialize([parameter], seed)) weights.set(name, data);
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
