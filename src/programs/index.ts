import type { Model } from '../../models/model.ts';
import type { AdamWOptions } from '../train/adamw.ts';
import { type DecodeOptions, decodeProgram } from './decode.ts';
import { evaluateProgram } from './evaluate.ts';
import { type ForwardOptions, forwardProgram } from './forward.ts';
import { type GenerateOptions, generateProgram } from './generate.ts';
import type { Program, ProgramName } from './program.ts';
import { trainProgram } from './train.ts';

export { type CacheForm, type DecodeOptions, decodeProgram } from './decode.ts';
export { evaluateProgram } from './evaluate.ts';
export { type ForwardOptions, forwardProgram } from './forward.ts';
export { type GenerateOptions, generateProgram } from './generate.ts';
export type { AttentionForm, FormOptions, Sizes } from './options.ts';
export type { Program, ProgramName, StatePair } from './program.ts';
export {
  type TextGenerationForm,
  type TextGenerationProgram,
  textGenerationProgram,
} from './text-generation.ts';
export { type TrainOptions, trainProgram } from './train.ts';

/** What every program takes of what it knows; the others leave it aside. */
export interface ProgramOptions extends ForwardOptions, DecodeOptions, GenerateOptions {
  readonly optimizer: AdamWOptions;
}

/** How each program is made from a model. */
const makers: Readonly<Record<ProgramName, (model: Model, options: ProgramOptions) => Program>> = {
  forward: forwardProgram,
  decode: decodeProgram,
  generate: generateProgram,
  evaluate: evaluateProgram,
  train: trainProgram,
};

/** All programs, in the order in which tables list them. */
export const programNames: readonly ProgramName[] = ['forward', 'decode', 'generate', 'evaluate', 'train'];

/** Makes one program of a model. */
export function makeProgram(name: ProgramName, model: Model, options: ProgramOptions): Program {
  return makers[name](model, options);
}
export { modelParameters, parameterCount } from './parameters.ts';
