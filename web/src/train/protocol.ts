import type { Metrics, ProgramName, Sample } from '../../../src/index.ts';
import type { DeviceChoice } from '../models/model-info.ts';

/** The text that a run learns: the embedded corpus, or one that was pasted or dropped. */
export type TrainingText =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'own'; readonly name: string; readonly text: Blob };

/** A stage of the ladder with its sizes and how it is trained. */
export interface RunSettings {
  readonly stage: string;
  readonly blockSize: number;
  readonly embedding: number;
  readonly layers: number;
  readonly heads: number;
  readonly dropout: number;
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
}

/** Settings that a stage is known to learn well with, and which of them it has. */
export interface StageChoice {
  readonly settings: RunSettings;
  /** What the stage adds to the one before, in a few words. */
  readonly adds: string;
  readonly hasLayers: boolean;
  readonly hasHeads: boolean;
  readonly hasEmbedding: boolean;
}

export interface NewRunRequest {
  readonly name: string;
  readonly text: TrainingText;
  readonly settings: RunSettings;
  /** What it will be trained on: a CPU takes a batch in parts. */
  readonly device: DeviceChoice;
}

/** A run that this browser keeps. */
export interface SavedRun {
  readonly id: string;
  readonly name: string;
  readonly step: number;
  readonly steps: number;
  readonly stage: string;
  readonly textName: string;
  readonly characters: number;
  readonly parameters: number;
  readonly batch: number;
  readonly blockSize: number;
  readonly bestLoss: number | undefined;
  /** Milliseconds since 1970 of the last checkpoint. */
  readonly saved: number;
}

/** What was told of a run so far. */
export interface RunHistory {
  readonly metrics: readonly Metrics[];
  readonly samples: readonly Sample[];
}

/** What happened in a run. */
export type RunEvent =
  | { readonly kind: 'opened'; readonly device: string; readonly notices: readonly string[] }
  | { readonly kind: 'metrics'; readonly metrics: Metrics }
  | { readonly kind: 'sample'; readonly sample: Sample }
  | { readonly kind: 'saved'; readonly run: SavedRun }
  | { readonly kind: 'skipped'; readonly step: number };

export interface TrainRequest {
  readonly id: string;
  readonly device: DeviceChoice;
  /** Steps in all. */
  readonly steps: number;
}

/** What a run that came from elsewhere still lacks. */
export interface MissingText {
  readonly missing: { readonly name: string; readonly characters: number };
}

/** Programs that a run can be exported as. */
export type ExportedProgramName = ProgramName;
