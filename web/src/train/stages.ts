import { ladder, modelNamed } from '../../../models/index.ts';
import type { ConfiguredModel } from '../../../src/index.ts';
import {
  describeSettings,
  newRecord,
  parameterCount,
  partsForCpu,
  presetFor,
  setupWith,
  type TrainerRecord,
  type TrainingSetup,
} from '../../../src/parts.ts';
import { deviceNamed } from '../../../src/web.ts';
import type { DeviceChoice } from '../models/model-info.ts';
import type { RunSettings, StageChoice } from './protocol.ts';
import { type ReadText, splitFor } from './texts.ts';

/** The ladder, each rung with the settings that it is known to learn well with. */
export function stageChoices(): readonly StageChoice[] {
  return ladder.map((model) => {
    const { steps, batch, schedule, seed } = presetFor(model);
    const { settings } = model.configure({ vocabulary: 1 });
    return {
      settings: { model: model.name, settings, steps, batch, learningRate: schedule.learningRate, seed },
      description: model.description,
      fields: describeSettings(model.settings),
    };
  });
}

/**
 * A new run of a text.
 * @throws UserError for sizes that don't fit together, and a text that is too short for them
 */
export function recordFor(settings: RunSettings, text: ReadText, device: DeviceChoice): TrainerRecord {
  const { steps, batch, learningRate, seed } = settings;
  const definition = modelNamed(settings.model);
  const model = definition.configure({ ...settings.settings, vocabulary: text.tokenizer.size });
  const preset = presetFor(definition);
  const parts = splitsBatch(device) ? partsForCpu(batch, model.block) : 1;
  const evaluateBatches = Math.min(20, preset.evaluateBatches);
  const setup = setupWith(preset, { steps, batch, seed, parts, learningRate, evaluateBatches });
  return newRecord({
    model,
    setup: forPage(setup, model),
    tokenizer: text.tokenizer,
    data: { path: undefined, characters: text.characters, sha256: text.sha256 },
    tokens: splitFor(text, model.block),
  });
}

/** Whether a run is set up for a device that works through a batch in parts: `auto` may become one. */
function splitsBatch(device: DeviceChoice): boolean {
  return device === 'auto' || deviceNamed(device).splitsBatch === true;
}

/** Floating-point operations of a run of the graph that let a page hear of it about once a second on a CPU. */
const operationsPerRun = 40e9;
/** Steps between two checkpoints, in runs of the graph. */
const runsPerCheckpoint = 10;

/** How often a page is told: the same run otherwise, step for step. */
export function forPage(setup: TrainingSetup, model: ConfiguredModel): TrainingSetup {
  const operations = 6 * parameterCount(model) * setup.batch * model.block;
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
