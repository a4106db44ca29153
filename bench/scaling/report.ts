import type { Machine } from '../common/machine.ts';
import type { MemoryUse } from '../common/memory.ts';
import type { Summary } from '../common/statistics.ts';
import type { StepKernels } from './kernels.ts';
import { type Axis, axes, type Sizes } from './sizes.ts';

/** What `bench scaling` measures. */
export interface ScalingBench {
  /** The model of the ladder whose sizes are varied, one at a time. */
  readonly model: string;
  readonly batch: number;
  readonly threads: number;
  /** How often all sizes are gone through: what disturbs one pass is no more than a part of each median. */
  readonly rounds: number;
  /** How long each kind of work is repeated at each size in a round, more or less. */
  readonly milliseconds: number;
  /** Which sizes are varied; all unless told. */
  readonly axes?: readonly Axis[];
}

/** One kind of work at one size. */
export interface ScalingResult {
  /** Milliseconds: of a training step; of one character of each sequence. */
  readonly time: Summary;
  /** What the model's matrix products count. */
  readonly flops: number;
  readonly memory?: MemoryUse;
}

/** One size of a model, and what it took. */
export interface ScalingPoint {
  readonly sizes: Sizes;
  readonly parameters: number;
  readonly train: ScalingResult;
  readonly decode: ScalingResult;
}

/** By which power of a size something grows. */
export interface Exponents {
  readonly axis: Axis;
  readonly values: readonly number[];
  readonly trainTime?: number;
  readonly trainFlops?: number;
  /** Of what the process holds above its libraries. */
  readonly trainMemory?: number;
  readonly decodeTime?: number;
}

/** `seconds a step ≈ FLOPs / (peak × utilisation)`. */
export interface RuleOfThumb {
  /** The median over all sizes measured with `threads` threads. */
  readonly utilization: number;
  /** By what factor the rule is off at most, over the same sizes. */
  readonly within: number;
}

/** What a training step's time and memory are made of, added up. */
export interface Prediction {
  readonly time: {
    /** For each operation of the matrix products. */
    readonly secondsPerFlop: number;
    /** For each number of an activation, B·T·L·C of them. */
    readonly secondsPerActivation: number;
    /** For each attention score, B·T·L·H·T of them. */
    readonly secondsPerScore: number;
    readonly secondsPerParameter: number;
    /** By what factor the sum is off at most, over the sizes measured. */
    readonly within: number;
  };
  /** Above the libraries; absent where the system does not tell. */
  readonly memory?:
    | {
        readonly bytes: number;
        readonly bytesPerActivation: number;
        readonly bytesPerScore: number;
        readonly bytesPerParameter: number;
        readonly within: number;
      }
    | undefined;
}

export interface ScalingReport {
  readonly machine: Machine;
  readonly settings: ScalingBench;
  /** What matrix products reach, in GFLOP/s, by number of threads. */
  readonly gemmPeaks: Readonly<Record<number, number>>;
  readonly base: Sizes;
  /** Each size once; the axes share the one in their middle. */
  readonly points: readonly ScalingPoint[];
  readonly exponents: readonly Exponents[];
  readonly rule: RuleOfThumb;
  /** A finer formula for the same number of threads, where enough sizes were measured. */
  readonly prediction?: Prediction | undefined;
  /** Where a step's time goes, at the model's own size and at the largest of each axis that makes matrices larger. */
  readonly kernels: readonly StepKernels[];
}

/** The points that differ from the model's own size in nothing but one axis, the smallest first. */
export function along(axis: Axis, points: readonly ScalingPoint[], base: Sizes): ScalingPoint[] {
  return points
    .filter(({ sizes }) => axes.every((other) => other === axis || sizes[other] === base[other]))
    .sort((left, right) => left.sizes[axis] - right.sizes[axis]);
}

/** The share of the peak that a model's matrix products make up, from 0 to 1. */
export function utilizationOf({ train }: ScalingPoint, gemmPeak: number): number {
  return train.flops / (train.time.median * 1e6) / gemmPeak;
}
