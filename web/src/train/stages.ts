import { defineModel, type ModelConfig, modelConfig, modelNames } from '../../../models/index.ts';
import {
  newRecord,
  parameterCount,
  partsForCpu,
  presetFor,
  type TrainerRecord,
  type TrainingSetup,
} from '../../../src/index.ts';
import type { DeviceChoice } from '../models/model-info.ts';
import type { RunSettings, StageChoice } from './protocol.ts';
import { type ReadText, splitFor } from './texts.ts';

/** What each stage adds to the one before. */
const additions: Readonly<Record<string, string>> = {
  bigram: 'a table: which character follows which',
  average: 'the mean of all that came before',
  head: 'a head that chooses whom to look at',
  'multi-head': 'four heads side by side',
  'feed-forward': 'thinking about what was seen',
  residual: 'layers that add to a stream',
  'layer-norm': 'the stream kept in bounds',
  'gpt-nano': 'GPT-2’s layout, small: minutes on a CPU',
  gpt: 'the lecture’s full size: hours without a GPU',
};

/** The stages that have one layer, or no more than the lecture gives them. */
const withLayers: readonly string[] = ['residual', 'layer-norm', 'gpt-nano', 'gpt'];
const withHeads: readonly string[] = ['multi-head', 'feed-forward', ...withLayers];

/** The ladder, each rung with the settings that it is known to learn well with. */
export function stageChoices(): readonly StageChoice[] {
  return modelNames.map((stage) => {
    const { blockSize, embedding, layers, heads, dropout } = modelConfig(stage, { vocabularySize: 1 });
    const { steps, batch, schedule, seed } = presetFor(stage);
    const sizes = { blockSize, embedding, layers, heads, dropout };
    return {
      settings: { stage, ...sizes, steps, batch, learningRate: schedule.learningRate, seed },
      adds: additions[stage] ?? '',
      hasEmbedding: stage !== 'bigram',
      hasLayers: withLayers.includes(stage),
      hasHeads: withHeads.includes(stage),
    };
  });
}

/**
 * A new run of a text.
 * @throws UserError for sizes that don't fit together, and a text that is too short for them
 */
export function recordFor(settings: RunSettings, text: ReadText, device: DeviceChoice): TrainerRecord {
  const { stage, steps, batch, learningRate, seed } = settings;
  const config = modelConfig(stage, { ...sizesOf(settings), vocabularySize: text.tokenizer.size });
  const preset = presetFor(stage);
  const proportion = preset.schedule.minimumLearningRate / preset.schedule.learningRate;
  const setup: TrainingSetup = {
    ...preset,
    steps,
    batch,
    seed,
    // A CPU is quicker over a batch in parts; a GPU wants all of it at once.
    parts: device === 'webgpu' ? 1 : partsForCpu(batch, config.blockSize),
    schedule: {
      ...preset.schedule,
      learningRate,
      minimumLearningRate: learningRate * proportion,
      warmUp: Math.min(preset.schedule.warmUp, Math.floor(steps / 10)),
      decaySteps: steps,
    },
    evaluateBatches: Math.min(20, preset.evaluateBatches),
  };
  return newRecord({
    config,
    setup: forPage(setup, config),
    vocabulary: text.tokenizer.vocabulary,
    data: { path: undefined, characters: text.characters, sha256: text.sha256 },
    tokens: splitFor(text, config.blockSize),
  });
}

/** Only what the stage has is set: the others keep what the stage says of them. */
function sizesOf({ stage, blockSize, embedding, layers, heads, dropout }: RunSettings): Partial<ModelConfig> {
  return {
    blockSize,
    ...(stage === 'bigram' ? {} : { embedding, dropout }),
    ...(withLayers.includes(stage) ? { layers } : {}),
    ...(withHeads.includes(stage) ? { heads } : {}),
  };
}

/** Floating-point operations of a run of the graph that let a page hear of it about once a second on a CPU. */
const operationsPerRun = 40e9;
/** Steps between two checkpoints, in runs of the graph. */
const runsPerCheckpoint = 10;

/** How often a page is told: the same run otherwise, step for step. */
export function forPage(setup: TrainingSetup, config: ModelConfig): TrainingSetup {
  const operations = 6 * parameterCount(defineModel(config)) * setup.batch * config.blockSize;
  const stepsPerRun = Math.max(1, Math.min(50, Math.floor(operationsPerRun / operations)));
  return {
    ...setup,
    stepsPerRun,
    checkpointEvery: stepsPerRun * runsPerCheckpoint,
    evaluateEvery:
      setup.evaluateEvery === 0 ? 0 : Math.min(setup.evaluateEvery, Math.max(10, Math.ceil(setup.steps / 8))),
    sampleEvery: setup.sampleEvery === 0 ? 0 : Math.min(setup.sampleEvery, Math.max(10, Math.ceil(setup.steps / 2))),
    keep: 0,
  };
}
