import type { Weights } from '../../programs/parameters.ts';
import type { Checkpoint } from './checkpoint.ts';

/** What happened in a language model's run since the last report. */
export type TrainingEvent = StepsEvent | SkippedEvent | EvaluationEvent | SampleEvent | CheckpointEvent;

export interface StepsEvent {
  readonly kind: 'steps';
  readonly step: number;
  /** Mean training loss over the steps reported, in nats; not finite only when every one of them was skipped. */
  readonly loss: number;
  /** The last step's, before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  readonly tokensPerSecond: number;
  /** Seconds trained, over all sessions. */
  readonly seconds: number;
}

/** A step whose loss or gradient was not finite: it changed no weight. */
export interface SkippedEvent {
  readonly kind: 'skipped';
  readonly step: number;
  readonly loss: number;
  readonly gradientNorm: number;
}

export interface EvaluationEvent {
  readonly kind: 'evaluation';
  readonly step: number;
  /** Mean over the evaluation batches, in nats. */
  readonly validationLoss: number;
  /** Whether no evaluation before was as low. */
  readonly best: boolean;
  readonly weights: Weights;
  readonly seconds: number;
}

/** The time to let the model write. */
export interface SampleEvent {
  readonly kind: 'sample';
  readonly step: number;
  readonly weights: Weights;
}

/** The time to keep what there is. The state is a copy that nobody changes. */
export interface CheckpointEvent {
  readonly kind: 'checkpoint';
  readonly step: number;
  readonly checkpoint: Checkpoint;
  /** Why the run ends with this checkpoint; undefined while it goes on. */
  readonly end?: RunEnd;
}

/** Why a run ends: it made its steps, its evaluations brought nothing, it was told to, a step broke, or there are no more batches. */
export type RunEnd = 'steps' | 'patience' | 'signal' | 'divergence' | 'feed';
