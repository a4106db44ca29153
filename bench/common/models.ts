import { defineModel, type Model, modelConfig } from '../../models/index.ts';
import { UserError } from '../../src/errors.ts';

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
export function measuredModel(name: string): Model {
  if (!measuredStages.includes(name)) {
    throw new UserError(`${name} is not measured; choose from ${measuredStages.join(', ')}.`, { exitCode: 2 });
  }
  return defineModel(modelConfig(name, { vocabularySize, dropout: 0 }));
}
