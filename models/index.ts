import { UserError } from '../src/errors.ts';
import type { Model } from '../src/model/index.ts';
import { suggestion } from '../src/settings/names.ts';
import { average } from './average.ts';
import { bigram } from './bigram.ts';
import { feedForward } from './feed-forward.ts';
import { gpt, gptNano } from './gpt.ts';
import { head } from './head.ts';
import { layerNormalized } from './layer-norm.ts';
import { multiHead } from './multi-head.ts';
import { residual } from './residual.ts';

export { average, bigram, feedForward, gpt, gptNano, head, layerNormalized, multiHead, residual };

/** The ladder, in the order in which the lecture climbs it. */
export const ladder: readonly Model[] = [
  bigram,
  average,
  head,
  multiHead,
  feedForward,
  residual,
  layerNormalized,
  gptNano,
  gpt,
];

/** The names of the models of the ladder, bigram first. */
export const modelNames: readonly string[] = ladder.map(({ name }) => name);

/**
 * The model of a name, for whoever opens a folder or a file that holds nothing but the name.
 * @param models where to look: the ladder unless told
 * @throws UserError when there is none
 */
export function modelNamed(name: string, models: readonly Model[] = ladder): Model {
  const found = models.find((model) => model.name === name);
  if (found !== undefined) return found;
  const names = models.map((model) => model.name);
  throw new UserError(`There is no model called ${name}.${suggestion(name, names)}`, { exitCode: 2 });
}
