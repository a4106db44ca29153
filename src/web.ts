/** trilu in a browser: the runtime over onnxruntime-web. */
export { UserError } from './errors.ts';
export type { DeviceReport } from './runtime/device-report.ts';
export { RuntimeError, type RuntimeErrorKind } from './runtime/errors.ts';
export {
  type GenerateBatchOptions,
  type GenerateOptions,
  generate,
  generateBatch,
  generateScored,
  type WritingOptions,
} from './runtime/generation/generate.ts';
export type { ScoredToken, TokenProbability } from './runtime/generation/log-probabilities.ts';
export { type SamplingOptions, sample } from './runtime/generation/sampling.ts';
export { StopStrings } from './runtime/generation/stop-strings.ts';
export {
  type GenerateTextOptions,
  type GenerateTextsOptions,
  generateScoredText,
  generateText,
  generateTexts,
  type ScoredText,
  type TextPiece,
  type TextProbability,
  type TextTokenizer,
} from './runtime/generation/text-generation.ts';
export type {
  DeviceName,
  Open,
  OpenOptions,
  Placement,
  ProgramDescription,
  RunOptions,
  Session,
  StatePair,
  ValueDescription,
} from './runtime/session.ts';
export {
  scalar,
  type Tensor,
  type TensorData,
  type TensorOf,
  type Tensors,
  type TensorType,
  tensor,
  zeros,
} from './runtime/tensor.ts';
export { devices } from './runtime/web/available.ts';
export { open } from './runtime/web/open.ts';
