import { gpt, modelNamed } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';
import type { ConfiguredModel } from '../../src/model/index.ts';
import { parseSettings } from '../../src/settings/parse.ts';
import type { SettingsOf } from '../../src/settings/setting.ts';

/** Tiny Shakespeare's number of characters. */
export const vocabularySize = 65;

/** What all random numbers start from. */
export const seed = 1337;

/** The stages that every side has. */
const measuredStages: readonly string[] = ['gpt-nano', 'gpt'];

/**
 * A model that is measured: without dropout, which the sides would draw differently.
 * @throws UserError for a stage that the other sides have not got
 */
export function measuredModel(name: string): ConfiguredModel {
  if (!measuredStages.includes(name)) {
    throw new UserError(`${name} is not measured; choose from ${measuredStages.join(', ')}.`, { exitCode: 2 });
  }
  return modelNamed(name).configure({ vocabulary: vocabularySize, dropout: 0 });
}

/** What a GPT of the ladder is made from, as the other sides read it. */
export type GptSettings = SettingsOf<(typeof gpt)['settings']> & { readonly vocabulary: number };

/** @throws UserError for a model that has not got a GPT's settings */
export function gptSettings({ name, vocabulary, settings }: ConfiguredModel): GptSettings {
  return { ...parseSettings(gpt.settings, settings, name), vocabulary };
}
