import type { Settings, SettingValue } from '../../../src/index.ts';
import type { Metrics, ProgramName, Sample, SettingDescription } from '../../../src/parts.ts';
import type { DeviceChoice } from '../models/model-info.ts';

/** The text that a run learns: the embedded corpus, or one that was pasted or dropped. */
export type TrainingText =
  | { readonly kind: 'embedded' }
  | { readonly kind: 'own'; readonly name: string; readonly text: Blob };

/** A model of the ladder with its settings and how it is trained. */
export interface RunSettings {
  readonly model: string;
  readonly settings: Settings;
  readonly steps: number;
  readonly batch: number;
  readonly learningRate: number;
  readonly seed: number;
}

export type { SettingDescription, SettingValue };

/** A model that can be trained, with what it is known to learn well with. */
export interface StageChoice {
  readonly settings: RunSettings;
  /** What it is, in a few words. */
  readonly description: string;
  /** What can be set of it. */
  readonly fields: readonly SettingDescription[];
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
