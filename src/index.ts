/**
 * trilu: define a transformer once, as plain ONNX operators; train it, export it, let it write. The words that come first; operators and
 * gradients are in `trilu/graph`, files in `trilu/onnx`, the ladder in `trilu/models`, running in `trilu/node` and `trilu/web`, and what
 * all of this is made from in `trilu/parts`. Everything but `trilu/node` runs unchanged in a browser.
 */
export { UserError } from './errors.ts';
export { type ExportModelOptions, exportModel } from './export/export-model.ts';
export type { ExportOptions } from './export/export-program.ts';
export { type HuggingFaceOptions, huggingFaceFiles } from './export/hugging-face-folder.ts';
export type { ReadFile } from './import/folder.ts';
export { type ImportedModel, importFolder } from './import/import-folder.ts';
export { readModel } from './import/read-model-directory.ts';
export { readOnnxModel } from './import/read-onnx-model.ts';
export {
  type CausalAttentionOptions,
  type ConfiguredModel,
  causalAttention,
  defineModel,
  dropout,
  embedding,
  type GivenSettings,
  type HuggingFaceFormat,
  type Initialization,
  type Initializer,
  layerNorm,
  linear,
  type Model,
  type ModelDefinition,
  normal,
  ones,
  positions,
  scaledNormal,
  sideBySide,
  uniform,
  zeros,
} from './model/index.ts';
export type { TrainedModel } from './model-directory/model-directory.ts';
export type { Weights } from './programs/parameters.ts';
export {
  type GenerateTextOptions,
  type GenerateTextsOptions,
  generateScoredText,
  generateText,
  generateTexts,
  type ScoredText,
  type TextPiece,
  type TextProbability,
} from './runtime/generation/generate-text.ts';
export type { SamplingOptions } from './runtime/generation/sampling.ts';
export type { DeviceName, Open, OpenOptions, Session } from './runtime/session.ts';
export { scalar, type Tensor, type Tensors, tensor } from './runtime/tensor.ts';
export { choice, decimalNumber, type Settings, type SettingValue, toggle, wholeNumber } from './settings/setting.ts';
export type {
  SpecialTokens,
  TokenDecoder,
  Tokenizer,
  TokenizerBuilder,
  TokenizerJson,
  TokenizerKind,
} from './text/tokenizer.ts';
export { CharacterTokenizer } from './text/tokenizers/characters.ts';
export { defineTokenizer } from './text/tokenizers/index.ts';
export { adamw } from './train/optimizers/adamw.ts';
export { lion } from './train/optimizers/lion.ts';
export {
  defineOptimizer,
  type Optimizer,
  type OptimizerDefinition,
  type OptimizerSetup,
} from './train/optimizers/optimizer.ts';
export { sgd } from './train/optimizers/sgd.ts';
export { evaluateText } from './train/trainer/evaluation.ts';
export type { TrainingEvent } from './train/trainer/events.ts';
export { type LearnedModel, type TrainTextOptions, train } from './train/trainer/train-text.ts';
