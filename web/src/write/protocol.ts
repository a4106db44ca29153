import type { DeviceChoice } from '../models/model-info.ts';

/** What to write. */
export interface WriteRequest {
  /** The model's id. */
  readonly model: string;
  readonly device: DeviceChoice;
  readonly prompt: string;
  /** Characters to write at most. */
  readonly count: number;
  readonly temperature: number;
  /** 0 draws from all characters. */
  readonly topK: number;
  readonly topP: number;
  readonly seed: number;
}

/** A character and how probable the model held it, from 0 to 1. */
export interface Likelihood {
  readonly text: string;
  readonly probability: number;
}

/** A character that was written, and the most probable ones in its place, the most probable first. */
export interface WrittenCharacter extends Likelihood {
  readonly alternatives: readonly Likelihood[];
}

/** How the writing ended. */
export interface WritingResult {
  readonly characters: number;
  /** From the first character on: without fetching and opening the model. */
  readonly seconds: number;
  readonly device: string;
  readonly notices: readonly string[];
}

/** Attention on the way to one character. */
export interface AttentionMaps {
  /** The characters that the model saw: at most a block of them, the last one just before the character. */
  readonly characters: readonly string[];
  readonly heads: number;
  /** For each layer the weights of its heads (head, time, time): row t says whom character t looks at. */
  readonly layers: readonly Float32Array[];
}
