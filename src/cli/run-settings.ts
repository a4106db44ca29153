import { gptNano, ladder } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import type { Model } from '../model/index.ts';
import { flagOf } from '../settings/names.ts';
import { optimizerNamed } from '../train/optimizers/index.ts';
import { namedPreset, type Preset, presetFor } from '../train/trainer/presets.ts';
import type { TrainerRecord } from '../train/trainer/record.ts';
import type { TrainingSetup } from '../train/trainer/setup.ts';
import type { FileSettings } from './config-file.ts';
import { settingsOfModel } from './model-settings.ts';
import { learningRateFor, optimizerWith } from './optimizer-settings.ts';
import { settingEntries, type TrainSettings } from './settings.ts';

/** What settings come to: a model, what is set of it, and how it is trained. @param chosen the model that is asked for, if any */
export function presetWith(chosen: Model | undefined, settings: TrainSettings): Preset {
  const preset = presetOf(chosen, settings);
  const { model, setup } = preset;
  refuseForeign(model, optimizerNamed(settings.optimizer ?? setup.optimizer.name).name, settings);
  return {
    model,
    settings: { ...preset.settings, ...settingsOfModel(model, settings) },
    setup: setupWith(setup, settings),
  };
}

/** What the model or the optimizer does not have can't be set. */
function refuseForeign(model: Model, optimizer: string, settings: TrainSettings): void {
  const models = ladder.includes(model) ? ladder : [model];
  for (const [name, row] of settingEntries(models)) {
    if (settings[name] === undefined) continue;
    if (row.models?.includes(model.name) === false) {
      throw new UserError(
        `The model ${model.name} has nothing that ${flagOf(name)} could set: leave it out, or choose one of ${row.models.join(', ')}.`,
        { exitCode: 2 },
      );
    }
    if (row.optimizers?.includes(optimizer) === false) {
      throw new UserError(
        `The optimizer ${optimizer} has nothing that ${flagOf(name)} could set: leave it out, or choose --optimizer ${row.optimizers.join(' or ')}.`,
        { exitCode: 2 },
      );
    }
  }
}

function presetOf(chosen: Model | undefined, { preset }: TrainSettings): Preset {
  if (preset !== undefined) return namedPreset(preset, chosen?.name);
  const model = chosen ?? gptNano;
  return { model, settings: {}, setup: presetFor(model) };
}

function setupWith(preset: TrainingSetup, settings: TrainSettings): TrainingSetup {
  const { minimumLearningRate, warmUp, decaySteps } = settings;
  const optimizer = optimizerWith(preset.optimizer, settings);
  const { learningRate = learningRateFor(optimizer.name, preset) } = settings;
  const { batch, parts, seed, rng } = settings;
  const schedule = { ...preset.schedule, ...given({ learningRate, warmUp, decaySteps }) };
  // A rate given alone keeps the preset's proportion between the highest and the lowest.
  const proportion = preset.schedule.minimumLearningRate / preset.schedule.learningRate;
  return {
    ...preset,
    ...given({ batch, parts, seed, rng }),
    ...changeableSettings(settings),
    schedule: { ...schedule, minimumLearningRate: minimumLearningRate ?? schedule.learningRate * proportion },
    optimizer,
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
export function settingsOf({ model, module, setup, data }: TrainerRecord): FileSettings {
  const { schedule, optimizer, evaluateEvery, evaluateBatches, ...rest } = setup;
  const { name, ...optimizerSettings } = optimizer;
  return {
    model: module ?? model.name,
    ...(data.path === undefined ? {} : { data: data.path }),
    ...model.settings,
    ...rest,
    ...schedule,
    optimizer: name,
    ...optimizerSettings,
    evalEvery: evaluateEvery,
    evalBatches: evaluateBatches,
  };
}

/** Only the entries that are there. */
function given<Settings extends object>(
  settings: Settings,
): { [Name in keyof Settings]?: NonNullable<Settings[Name]> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Settings]?: NonNullable<Settings[Name]>;
  };
}
