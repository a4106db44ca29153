import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gpt } from '../../models/index.ts';
import { exportProgram } from '../../src/export/export-program.ts';
import type { ConfiguredModel } from '../../src/model/index.ts';
import { modelParameters, trainProgram } from '../../src/programs/index.ts';
import { uniform } from '../../src/random/counter.ts';
import { BatchSampler } from '../../src/text/batches.ts';
import { initialize } from '../../src/train/initialize.ts';
import type { AdamWSetup } from '../../src/train/optimizers/adamw.ts';
import { presetFor } from '../../src/train/trainer/presets.ts';
import { bytesOf, withFolder } from '../common/folder.ts';
import { gptSettings, measuredModel, seed, vocabularySize } from '../common/models.ts';

/** What all sides are asked to do. */
export interface Workload {
  /** The name of a GPT of the ladder. */
  readonly model: string;
  readonly batch: number;
  readonly threads: number;
  /** Steps that are timed together; for trilu they are one run of the graph. */
  readonly stepsPerRun: number;
}

/** Batches that are drawn beforehand, and gone through again and again. */
export const drawnBatches = 100;
export const learningRate = 1e-3;

/** nanoGPT's, with which `trilu train` trains both models. */
export const optimizer = presetFor(gpt).optimizer as AdamWSetup;

/**
 * The files that the sides read: what to do, the token ids of every batch, the first weights (little-endian, no headers), and trilu's
 * graph.
 */
export const workloadFiles = {
  description: 'workload.json',
  tokens: 'tokens.int32',
  targets: 'targets.int32',
  weights: 'weights.float32',
  program: 'train.onnx',
} as const;

/** Writes the files of a model of the ladder into a temporary folder, hands it to `use`, and removes it. */
export function withWorkload<Result>(workload: Workload, use: (folder: string) => Promise<Result>): Promise<Result> {
  return withFolder(async (folder) => {
    await writeWorkload(folder, workload, measuredModel(workload.model));
    return await use(folder);
  });
}

/** Writes the files for a model of whatever sizes. */
export async function writeWorkload(folder: string, workload: Workload, model: ConfiguredModel): Promise<void> {
  const parameters = modelParameters(model);
  const weights = initialize(parameters, model.initialization, seed);
  const text = Int32Array.from({ length: 100_000 }, (_, index) => Math.floor(uniform(seed, 0, index) * vocabularySize));
  const sampler = new BatchSampler(text, { batch: workload.batch, block: model.block, seed });
  const { tokens, targets } = sampler.nextSteps(drawnBatches);
  const description = {
    ...workload,
    config: gptSettings(model),
    optimizer,
    learningRate,
    drawnBatches,
    parameters: parameters.map(({ name, value }) => ({ name, shape: value.shape })),
  };
  const write = (name: string, data: string | Uint8Array): Promise<void> => writeFile(join(folder, name), data);
  await write(workloadFiles.description, JSON.stringify(description));
  await write(workloadFiles.tokens, bytesOf(tokens));
  await write(workloadFiles.targets, bytesOf(targets));
  await write(
    workloadFiles.weights,
    Buffer.concat(parameters.map(({ name }) => bytesOf(weights.get(name) ?? new Float32Array()))),
  );
  await write(workloadFiles.program, exportProgram(trainProgram(model, { optimizer }), { weights: new Map() }));
}
