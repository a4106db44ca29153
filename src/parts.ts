/**
 * `trilu/parts`: what the words of `trilu` are made from: programs, batches, the trainer, checkpoints, kept runs, generation a token at a
 * time. For who builds a tool of their own from them, as the command line and the app do.
 */
export { type ExportedProgram, exportFiles, exportProgram } from './export/export-program.ts';
export { type FolderFile, graphFileName, huggingFaceAdditions } from './export/hugging-face-folder.ts';
export { type Precision, type PrecisionOptions, precisions } from './export/precision/precision.ts';
export {
  type AttentionInputs,
  type CacheSlot,
  causalMask,
  defaultInitialization,
  type ForeignConfig,
  type ForeignTensor,
  initializersOf,
  type ModelProgram,
  type ParameterShape,
  placedFrom,
  plainProgram,
  showAttention,
  type TrainingHints,
  width,
  withPast,
} from './model/index.ts';
export { configFromJson, configToJson } from './model-directory/config.ts';
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
export { browserFiles } from './runs/browser-files.ts';
export { BrowserRun, browserRunFiles, browserRunIds, removeBrowserRun } from './runs/browser-run.ts';
export type { FileContent, FileStore, FileToWrite } from './runs/file-store.ts';
export { type FollowOptions, followRun, type RunView } from './runs/follow-run.ts';
export { type FoundCheckpoint, lastCheckpoint } from './runs/last-checkpoint.ts';
export { readMetrics, readSamples } from './runs/run-logs.ts';
export { FileRunStore, type RunStore } from './runs/run-store.ts';
export {
  type GenerateBatchOptions,
  type GenerateOptions,
  generate,
  generateBatch,
  generateScored,
  type WritingOptions,
} from './runtime/generation/generate-tokens.ts';
export type { ScoredToken, TokenProbability } from './runtime/generation/log-probabilities.ts';
export { sample } from './runtime/generation/sampling.ts';
export { StopStrings } from './runtime/generation/stop-strings.ts';
export { tokenizerOf } from './runtime/generation/tokenizer-of.ts';
export type { Placement, ProgramDescription, RunOptions, ValueDescription } from './runtime/session.ts';
export { type TensorData as TensorElements, type TensorOf, type TensorType, zeroTensor } from './runtime/tensor.ts';
export { describeSettings, type SettingDescription } from './settings/describe.ts';
export { withDefaults } from './settings/setting.ts';
export { allBlocks, type Batch, BatchSampler, evaluationBatches, type SamplerOptions } from './text/batches.ts';
export type { BlockRandom } from './text/block-starts.ts';
export { splitTokens, type TokenSplit } from './text/split.ts';
export { lineStart } from './text/tokenizer.ts';
export { readTokenizer, requireTokenizer } from './text/tokenizers/index.ts';
export type { Tokens } from './text/tokens.ts';
export { decodeUtf8 } from './text/utf8.ts';
export { crossEntropy } from './train/cross-entropy.ts';
export { initialize } from './train/initialize.ts';
export { optimizerNamed, optimizers } from './train/optimizers/index.ts';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './train/trainer/checkpoint.ts';
export { type Batches, type Feed, feedOf } from './train/trainer/feed.ts';
export { LanguageModelTrainer, languageModelRun, type TrainerEnvironment } from './train/trainer/language-model.ts';
export {
  type RatePoint,
  type RateRange,
  suggestedLearningRate,
  tryLearningRates,
} from './train/trainer/learning-rate-finder.ts';
export { type NewRun, newRecord } from './train/trainer/new-record.ts';
export { namedPreset, type Preset, type PresetName, presetFor, presetNames } from './train/trainer/presets.ts';
export type { TrainerRecord } from './train/trainer/record.ts';
export { checkpointFiles, type Metrics, runFiles, type Sample } from './train/trainer/run-files.ts';
export { learningRateAt, type Schedule } from './train/trainer/schedule.ts';
export { checkSetup, partsForCpu, type TrainingSetup } from './train/trainer/setup.ts';
export { type SetupChanges, setupWith } from './train/trainer/setup-with.ts';
export {
  type Evaluation,
  type Progress,
  type RunEvent,
  type RunPlan,
  Trainer,
  type TrainingRun,
} from './train/trainer/trainer.ts';
export { initialState, weightsOf } from './train/trainer/training-state.ts';
