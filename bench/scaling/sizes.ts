import { availableParallelism } from 'node:os';
import type { ConfiguredModel } from '../../src/model/index.ts';
import { gptSettings, measuredModel } from '../common/models.ts';

/** What makes a run larger or smaller. */
export interface Sizes {
  readonly layers: number;
  /** C: how wide a token's vector is. */
  readonly width: number;
  /** T: how many tokens a sequence has. */
  readonly block: number;
  /** B: how many sequences a step sees. */
  readonly batch: number;
  readonly threads: number;
}

export type Axis = keyof Sizes;

/** In the order in which they are told of. */
export const axes: readonly Axis[] = ['layers', 'width', 'block', 'batch', 'threads'];

/** By what each size is multiplied, one at a time. */
const factors: Readonly<Record<Exclude<Axis, 'threads'>, readonly number[]>> = {
  layers: [0.25, 0.5, 1, 2],
  width: [0.5, 1, 2, 4],
  block: [0.5, 1, 2, 4],
  batch: [0.25, 0.5, 1, 2],
};

/** The sizes of a model of the ladder. @throws UserError for one that is not measured */
export function sizesOf(model: string, { batch, threads }: Pick<Sizes, 'batch' | 'threads'>): Sizes {
  const { layers, embedding: width, block } = gptSettings(measuredModel(model));
  return { layers, width, block, batch, threads };
}

/** How many attention heads a model of the ladder has, whatever its other sizes. */
export function headsOf(model: string): number {
  return gptSettings(measuredModel(model)).heads;
}

/** A model of these sizes, with as many heads as the ladder's. */
export function modelOf(model: string, { layers, width, block }: Sizes): ConfiguredModel {
  return measuredModel(model).with({ layers, embedding: width, block });
}

/** The values that an axis takes around the sizes of a model; threads are doubled from 1 to as many as there are cores. */
export function valuesOn(model: string, axis: Axis, base: Sizes): number[] {
  if (axis === 'threads') {
    const cores = Math.max(availableParallelism(), base.threads);
    const doubled = Array.from({ length: Math.floor(Math.log2(cores)) + 1 }, (_, power) => 2 ** power);
    return [...new Set([...doubled, base.threads])].sort((left, right) => left - right);
  }
  const unit = axis === 'width' ? headsOf(model) : 1; // heads share the width out evenly
  const values = factors[axis].map((factor) => Math.max(1, Math.round((base[axis] * factor) / unit)) * unit);
  return [...new Set(values)];
}
