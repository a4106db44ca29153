import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AdamWSetup } from '../../src/train/optimizers/adamw.ts';
import type { GptSettings } from '../common/models.ts';
import { type Workload, workloadFiles } from '../train/workload.ts';

interface Description extends Workload {
  readonly config: GptSettings;
  readonly optimizer: AdamWSetup;
  readonly learningRate: number;
  readonly drawnBatches: number;
  readonly parameters: readonly { readonly name: string; readonly shape: readonly number[] }[];
}

/** A parameter as a training begins. */
export interface Weight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A workload of training as a peer in JavaScript reads it: bench/train/workload.ts writes it. */
export interface WorkloadFiles extends Description {
  readonly weights: readonly Weight[];
  /** Token ids of a batch, int32 (batch, block): that of step `index`, starting over after the last one drawn. */
  readonly tokens: (index: number) => Int32Array;
  readonly targets: (index: number) => Int32Array;
}

export async function readWorkload(folder: string): Promise<WorkloadFiles> {
  const read = async (name: string): Promise<ArrayBuffer> => Uint8Array.from(await readFile(join(folder, name))).buffer;
  const description: Description = JSON.parse(await readFile(join(folder, workloadFiles.description), 'utf8'));
  const all = new Float32Array(await read(workloadFiles.weights));
  let position = 0;
  const weights = description.parameters.map(({ name, shape }): Weight => {
    const size = shape.reduce((product, length) => product * length, 1);
    position += size;
    return { name, shape, data: all.slice(position - size, position) };
  });
  const size = description.batch * description.config.block;
  const batchesOf = (ids: Int32Array) => (index: number) => {
    const start = (index % description.drawnBatches) * size;
    return ids.slice(start, start + size);
  };
  return {
    ...description,
    weights,
    tokens: batchesOf(new Int32Array(await read(workloadFiles.tokens))),
    targets: batchesOf(new Int32Array(await read(workloadFiles.targets))),
  };
}
