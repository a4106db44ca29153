/**
 * trilu: define a character-level transformer once, as plain ONNX operators, and make every graph from it.
 * This entry runs unchanged in a browser; running models is in `trilu/node` and `trilu/web`, the ladder in `trilu/models`.
 */
export { UserError } from './errors.ts';
export { configFromJson, configToJson } from './export/config.ts';
export { type ExportedProgram, type ExportOptions, exportFiles, exportProgram } from './export/export-program.ts';
export type { ReadFile } from './export/hugging-face/folder.ts';
export {
  type FolderFile,
  graphFileName,
  type HuggingFaceOptions,
  huggingFaceAdditions,
  huggingFaceFiles,
  type SpecialTokens,
} from './export/hugging-face/hugging-face.ts';
export { type ImportedModel, importGpt2 } from './export/hugging-face/import-gpt2.ts';
export type { TrainedModel } from './export/hugging-face/model-directory.ts';
export { readModel } from './export/hugging-face/read-model.ts';
export { type Precision, type PrecisionOptions, precisions } from './export/precision/precision.ts';
export { readOnnxModel } from './export/read-onnx-model.ts';
export type { ByteSource } from './export/safetensors/byte-source.ts';
export { openSafetensors, type SafetensorsReader } from './export/safetensors/reader.ts';
export {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type SafetensorsTensor,
} from './export/safetensors/safetensors.ts';
export { type Weights, type WriteOptions, writeOnnx } from './export/write-onnx.ts';
export * from './graph/index.ts';
export { decodeModel, encodeModel } from './onnx/codec.ts';
export { inspectModel, type ModelInspection } from './onnx/inspection.ts';
export { type ModelSummary, readModelSummary } from './onnx/metadata.ts';
export { printModel } from './onnx/print.ts';
export {
  type AttentionForm,
  type CacheForm,
  type DecodeOptions,
  decodeProgram,
  evaluateProgram,
  type FormOptions,
  forwardProgram,
  type GenerateOptions as GenerateProgramOptions,
  generateProgram,
  makeProgram,
  modelParameters,
  type Program,
  type ProgramName,
  parameterCount,
  programNames,
  type Sizes,
  type StatePair,
  type TextGenerationForm,
  type TextGenerationProgram,
  textGenerationProgram,
  trainProgram,
} from './programs/index.ts';
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
export type { DeviceName, Open, OpenOptions, Placement, ProgramDescription, Session } from './runtime/session.ts';
export { scalar, type Tensor, type Tensors, tensor, zeros } from './runtime/tensor.ts';
export { allBlocks, type Batch, BatchSampler, evaluationBatches, type SamplerOptions } from './text/batches.ts';
export type { BlockRandom } from './text/block-starts.ts';
export { splitTokens, type TokenSplit } from './text/split.ts';
export { CharacterTokenizer } from './text/tokenizer.ts';
export type { Tokens } from './text/tokens.ts';
export { decodeUtf8 } from './text/utf8.ts';
export { type AdamWOptions, adamW } from './train/adamw.ts';
export { crossEntropy } from './train/cross-entropy.ts';
export { gradients } from './train/gradients.ts';
export { initialize } from './train/initialize.ts';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './trainer/checkpoint.ts';
export { evaluateText } from './trainer/evaluation.ts';
export type { TrainingEvent } from './trainer/events.ts';
export {
  type RatePoint,
  type RateRange,
  suggestedLearningRate,
  tryLearningRates,
} from './trainer/learning-rate-finder.ts';
export { type NewRun, newRecord } from './trainer/new-record.ts';
export { namedPreset, type Preset, type PresetName, presetFor, presetNames } from './trainer/presets.ts';
export type { TrainerRecord } from './trainer/record.ts';
export { checkpointFiles, type Metrics, runFiles, type Sample } from './trainer/run-files.ts';
export { learningRateAt, type Schedule } from './trainer/schedule.ts';
export { checkSetup, partsForCpu, type TrainingSetup } from './trainer/setup.ts';
export { initialState, weightsOf } from './trainer/state.ts';
export { Trainer } from './trainer/trainer.ts';
