import { type ModelConfig, modelNames } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import { namedPreset, type Preset, presetFor } from '../trainer/presets.ts';
import type { TrainerRecord } from '../trainer/record.ts';
import type { TrainingSetup } from '../trainer/setup.ts';
import type { FileSettings } from './config-file.ts';
import { concerns, flagOf, settingEntries, settingRows, type TrainSettings } from './settings.ts';

/** What settings come to: a stage, what is said of its model, and how it is trained. */
export function presetWith(stage: string | undefined, settings: TrainSettings): Preset {
  const { model, config, setup } = presetOf(stage, settings);
  refuseForeign(model, settings);
  return { model, config: { ...config, ...modelSettings(settings) }, setup: setupWith(setup, settings) };
}

/** What a stage has not got can't be set. */
function refuseForeign(stage: string, settings: TrainSettings): void {
  const foreign = settingEntries().find(([name]) => settings[name] !== undefined && !concerns(name, stage));
  if (foreign === undefined || !modelNames.includes(stage)) return;
  const [name, { stages = [] }] = foreign;
  throw new UserError(
    `The stage ${stage} has nothing that ${flagOf(name)} could set: leave it out, or choose one of ${stages.join(', ')}.`,
    { exitCode: 2 },
  );
}

function presetOf(stage: string | undefined, { preset }: TrainSettings): Preset {
  if (preset !== undefined) return namedPreset(preset, stage);
  const model = stage ?? 'gpt-nano';
  return { model, config: {}, setup: presetFor(model) };
}

function modelSettings(settings: TrainSettings): Partial<Omit<ModelConfig, 'model' | 'vocabularySize'>> {
  const { block: blockSize, layers, heads, embedding, dropout, bias, tied } = settings;
  const { activation, initialization, attentionScale, average } = settings;
  const shape = { blockSize, layers, heads, embedding };
  return given({ ...shape, dropout, bias, tied, activation, initialization, attentionScale, average });
}

function setupWith(preset: TrainingSetup, settings: TrainSettings): TrainingSetup {
  const { learningRate, minimumLearningRate, warmUp, decaySteps } = settings;
  const { beta1, beta2, epsilon, weightDecay, decayed, clip } = settings;
  const { batch, parts, seed, rng } = settings;
  const schedule = { ...preset.schedule, ...given({ learningRate, warmUp, decaySteps }) };
  // A rate given alone keeps the preset's proportion between the highest and the lowest.
  const proportion = preset.schedule.minimumLearningRate / preset.schedule.learningRate;
  return {
    ...preset,
    ...given({ batch, parts, seed, rng }),
    ...changeableSettings(settings),
    schedule: { ...schedule, minimumLearningRate: minimumLearningRate ?? schedule.learningRate * proportion },
    optimizer: { ...preset.optimizer, ...given({ beta1, beta2, epsilon, weightDecay, decayed, clip }) },
  };
}

/** What a run that goes on may do otherwise than it began. */
export function changeableSettings(settings: TrainSettings): Partial<TrainingSetup> {
  const { steps, onDivergence, evalEvery, evalBatches, patience } = settings;
  const { sampleEvery, checkpointEvery, keep, stepsPerRun } = settings;
  const evaluation = { evaluateEvery: evalEvery, evaluateBatches: evalBatches, patience };
  return given({ steps, onDivergence, ...evaluation, sampleEvery, checkpointEvery, keep, stepsPerRun });
}

/** All settings of a run, as the configuration file in its directory has them. */
export function settingsOf({ config, setup, data }: TrainerRecord): FileSettings {
  const { schedule, optimizer, evaluateEvery, evaluateBatches, ...rest } = setup;
  const { model, blockSize, vocabularySize: _follows, ...shape } = config;
  const all: FileSettings = {
    ...(data.path === undefined ? {} : { data: data.path }),
    ...shape,
    ...rest,
    ...schedule,
    ...optimizer,
    block: blockSize,
    evalEvery: evaluateEvery,
    evalBatches: evaluateBatches,
  };
  const settings = Object.entries(all).filter(
    ([name]) => !(name in settingRows) || concerns(name as keyof TrainSettings, model),
  );
  return { model, ...Object.fromEntries(settings) };
}

/** Only the entries that are there. */
function given<Settings extends object>(
  settings: Settings,
): { [Name in keyof Settings]?: NonNullable<Settings[Name]> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Settings]?: NonNullable<Settings[Name]>;
  };
}
