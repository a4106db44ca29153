import { ladder } from '../../models/index.ts';
import type { ConfiguredModel, GivenSettings, Model } from '../../src/model/index.ts';

const known = new Set(ladder.flatMap(({ settings }) => Object.keys(settings)));

/** A model with those of the settings that it has, so that all rungs of the ladder can be given the same sizes. */
export function sized(model: Model, { vocabulary, ...settings }: GivenSettings): ConfiguredModel {
  const given = Object.entries(settings);
  const unknown = given.find(([name]) => !known.has(name));
  if (unknown !== undefined) throw new TypeError(`no model of the ladder has a setting ${unknown[0]}`);
  const own = given.filter(([name]) => Object.hasOwn(model.settings, name));
  return model.configure({ ...Object.fromEntries(own), vocabulary });
}
