import type { ModelConfig } from '../models/index.ts';
import type { StatePair } from '../src/programs/index.ts';

/** What all sides are asked to write. */
export interface GenerateWorkload {
  readonly model: string;
  /** How many characters are written after the prompt, two at least. */
  readonly count: number;
  /** In which precision trilu's generate program is measured besides float32. */
  readonly dtype: string;
}

/** The workload as the sides read it from its folder. */
export interface WrittenWorkload extends GenerateWorkload {
  readonly config: ModelConfig;
  /** The ids that writing begins with. */
  readonly prompt: readonly number[];
  /** As many ids as the model sees at once: what is read in one run. */
  readonly block: readonly number[];
  /** What the decode program carries from run to run. */
  readonly state: readonly StatePair[];
  /** The parameters in the order of the file of weights. */
  readonly parameters: readonly { readonly name: string; readonly shape: readonly (number | string)[] }[];
}

/** The files of a workload's folder. The weights are little-endian, without a header. */
export const generateFiles = {
  description: 'workload.json',
  weights: 'weights.float32',
  gguf: 'model.gguf',
  forward: 'forward.onnx',
  decode: 'decode.onnx',
  generate: 'generate.onnx',
} as const;
