import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineModel, type Model, modelConfig } from '../models/index.ts';
import { UserError } from '../src/errors.ts';
import { modelParameters } from '../src/programs/index.ts';
import { uniform } from '../src/random/counter.ts';
import { BatchSampler } from '../src/text/batches.ts';
import type { AdamWOptions } from '../src/train/adamw.ts';
import { initialize } from '../src/train/initialize.ts';

/** What both sides are asked to do. */
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

/** nanoGPT's optimizer for its character models. */
export const optimizer: AdamWOptions = {
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  weightDecay: 0.1,
  decayed: 'matrices',
  clip: 1,
};

/** Tiny Shakespeare's number of characters. */
const vocabularySize = 65;
const seed = 1337;

/** The stages that both sides have. */
const measuredStages: readonly string[] = ['gpt-nano', 'gpt'];

/**
 * The model that is measured: without dropout, which the two sides would draw differently.
 * @throws UserError for a stage that PyTorch's side has not got
 */
export function measuredModel({ model }: Pick<Workload, 'model'>): Model {
  if (!measuredStages.includes(model)) {
    throw new UserError(`Training ${model} is not measured; choose from ${measuredStages.join(', ')}.`, {
      exitCode: 2,
    });
  }
  return defineModel(modelConfig(model, { vocabularySize, dropout: 0 }));
}

/** The files that both sides read: what to do, the token ids of every batch, and the first weights. Little-endian, no headers. */
export const workloadFiles = {
  description: 'workload.json',
  tokens: 'tokens.int32',
  targets: 'targets.int32',
  weights: 'weights.float32',
} as const;

/** Writes the files into a temporary folder, hands it to `use`, and removes it. */
export async function withWorkload<Result>(
  workload: Workload,
  use: (folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'trilu-bench-'));
  try {
    await writeWorkload(folder, workload);
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function writeWorkload(folder: string, workload: Workload): Promise<void> {
  const model = measuredModel(workload);
  const { config } = model;
  const parameters = modelParameters(model);
  const weights = initialize(parameters, seed);
  const text = Int32Array.from({ length: 100_000 }, (_, index) => Math.floor(uniform(seed, 0, index) * vocabularySize));
  const sampler = new BatchSampler(text, { batch: workload.batch, block: config.blockSize, seed });
  const { tokens, targets } = sampler.nextSteps(drawnBatches);
  const description = {
    ...workload,
    config,
    optimizer,
    learningRate,
    drawnBatches,
    parameters: parameters.map(({ name, value }) => ({ name, shape: value.shape })),
  };
  const write = (name: string, data: string | Uint8Array): Promise<void> => writeFile(join(folder, name), data);
  await write(workloadFiles.description, JSON.stringify(description));
  await write(workloadFiles.tokens, bytes(tokens));
  await write(workloadFiles.targets, bytes(targets));
  await write(
    workloadFiles.weights,
    Buffer.concat(parameters.map(({ name }) => bytes(weights.get(name) ?? new Float32Array()))),
  );
}

function bytes({ buffer, byteOffset, byteLength }: Int32Array | Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
