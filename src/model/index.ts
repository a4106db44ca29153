export type { ForeignConfig, ForeignTensor, HuggingFaceFormat } from './hugging-face.ts';
export {
  defaultInitialization,
  type Initialization,
  type Initializer,
  initializersOf,
  normal,
  ones,
  type ParameterShape,
  scaledNormal,
  uniform,
  zeros,
} from './initialization.ts';
export {
  type CausalAttentionOptions,
  causalAttention,
  causalMask,
  dropout,
  embedding,
  layerNorm,
  linear,
  positions,
  showAttention,
  width,
  withPast,
} from './layers.ts';
export {
  type ConfiguredModel,
  defineModel,
  type GivenSettings,
  type Model,
  type ModelDefinition,
  type TrainingHints,
} from './model.ts';
export {
  type AttentionInputs,
  type CacheSlot,
  type ModelProgram,
  placedFrom,
  plainProgram,
  sideBySide,
} from './program.ts';
