import * as v from 'valibot';
import { UserError } from '../../src/errors.ts';
import type { TrainedModel } from '../../src/model-directory/model-directory.ts';
import { attentionMatrices, type HeadMatrices } from './attention-matrices.ts';
import { chooseHeads } from './choose-heads.ts';
import type { Picture } from './drawing.ts';
import type { Report } from './loss-curve.ts';

export interface PictureOptions {
  /** A few characters, all of the model's vocabulary. */
  readonly text: string;
  /** The two heads to show, as `layer.head`, both counted from 1; the scores are the first one's. Chosen, unless told. */
  readonly heads?: readonly [string, string] | undefined;
}

/**
 * Everything that the picture shows, by running the model.
 * @throws UserError when the model has no such head, or the text has characters that it does not know
 */
export async function pictureOf(
  trained: TrainedModel,
  reports: readonly Report[],
  { text, heads }: PictureOptions,
): Promise<Picture> {
  const { name, vocabulary, settings } = trained.model;
  const matrices = await attentionMatrices(trained, text);
  const headAt = (place: string): HeadMatrices => {
    const [layer = 0, head = 0] = place.split('.').map(Number);
    const found = matrices.heads[layer - 1]?.[head - 1];
    if (found !== undefined) return found;
    throw new UserError(
      `There is no head ${place}: the model has layers 1 to ${settings.layers} of heads 1 to ${settings.heads}.`,
    );
  };
  const [first, second] =
    heads === undefined ? chooseHeads(matrices.heads.flat()) : [headAt(heads[0]), headAt(heads[1])];
  return {
    characters: [...text],
    visible: matrices.visible,
    scores: first.scores,
    weights: first.weights,
    otherWeights: second.weights,
    model: name,
    parameters: [...trained.weights.values()].reduce((sum, { length }) => sum + length, 0),
    curve: { reports, vocabularySize: vocabulary },
  };
}

const reportSchema = v.object({ step: v.number(), loss: v.number(), validation_loss: v.optional(v.number()) });

/**
 * The lines of a metrics.jsonl.
 * @throws UserError when there is none
 */
export function readReports(lines: string): readonly Report[] {
  const reports = lines.split('\n').filter((line) => line !== '');
  if (reports.length === 0) throw new UserError('The run has no metrics: there is no curve to draw.');
  return reports.map((line) => v.parse(reportSchema, JSON.parse(line)));
}
