import type { ConfiguredModel } from '../model/index.ts';
import { adamw } from '../train/optimizers/adamw.ts';
import type { OptimizerSetup } from '../train/optimizers/optimizer.ts';
import { type DecodeOptions, decodeProgram } from './decode-program.ts';
import { evaluateProgram } from './evaluate-program.ts';
import { type ForwardOptions, forwardProgram } from './forward-program.ts';
import { type GenerateOptions, generateProgram } from './generate-program.ts';
import type { Program, ProgramName } from './program.ts';
import { type TrainOptions, trainProgram } from './train-program.ts';

export { type CacheForm, type DecodeOptions, decodeProgram } from './decode-program.ts';
export { evaluateProgram } from './evaluate-program.ts';
export { type ForwardOptions, forwardProgram } from './forward-program.ts';
export { type GenerateOptions, generateProgram } from './generate-program.ts';
export type { Program, ProgramName, StatePair } from './program.ts';
export { programNames } from './program.ts';
export type { AttentionForm, FormOptions, Sizes } from './program-options.ts';
export {
  type TextGenerationForm,
  type TextGenerationProgram,
  textGenerationProgram,
} from './text-generation-program.ts';
export { type TrainOptions, trainProgram } from './train-program.ts';

/** What every program takes of what it knows; the others leave it aside. */
export interface ProgramOptions extends ForwardOptions, DecodeOptions, GenerateOptions {
  /** What the train program steps by; AdamW as PyTorch has it unless told. */
  readonly optimizer?: OptimizerSetup;
}

/** How each program is made from a model. */
const makers: Readonly<
  Record<ProgramName, (model: ConfiguredModel, options: ProgramOptions & TrainOptions) => Program>
> = {
  forward: forwardProgram,
  decode: decodeProgram,
  generate: generateProgram,
  evaluate: evaluateProgram,
  train: trainProgram,
};

/** Makes one program of a model. */
export function makeProgram(name: ProgramName, model: ConfiguredModel, options: ProgramOptions = {}): Program {
  return makers[name](model, { optimizer: adamw.with(), ...options });
}
export { modelParameters, parameterCount } from './parameters.ts';
