import { UserError } from '../src/errors.ts';
import type { ConfiguredModel } from '../src/model/index.ts';
import { type GptSettings, gptSettings } from './common/models.ts';

/**
 * Work that a model does: `forward`, the scores of every token of whole sequences; `train`, forward and backward, without the optimizer;
 * `decode`, the scores of one new token a sequence, the keys and values of those before it being remembered.
 */
export type Work = 'forward' | 'train' | 'decode';

export interface WorkSize {
  /** How many sequences. */
  readonly batch: number;
  /** How many tokens a sequence has; for `decode`, how many the new token looks at, itself included. */
  readonly time: number;
  readonly kind: Work;
}

/** The stages whose matrix products the formula below counts. */
const counted: readonly string[] = ['gpt-nano', 'gpt'];

/**
 * The floating-point operations of a GPT's matrix products, a multiplication and an addition being two (Kaplan et al. 2020, section 2.1;
 * PaLM, appendix B, gives "model FLOPs utilisation" its name). Everything else in the model is a small part of the work.
 *
 * A token costs, going forward, 2 operations for each weight of its linear layers: 4·C² of attention (query, key, value, output) and
 * 8·C² of the multilayer perceptron in each of L layers, and V·C of the output layer. It also costs 2·C for each token that it is
 * compared with, and as much again to mix that token's value in, in each layer. The whole square of T × T pairs counts, though
 * half of it is masked: that is the definition that others measure by, whatever a graph manages to leave out.
 * Backward, each product has two of the same size, one for either factor, so training is three times forward. What a gradient
 * spends on looking up embeddings is no work of the model's.
 *
 * @throws UserError for a stage of the ladder that is no GPT
 */
export function modelFlops(model: ConfiguredModel, { batch, time, kind }: WorkSize): number {
  if (!counted.includes(model.name)) {
    throw new UserError(`The operations of ${model.name} are not counted; choose from ${counted.join(', ')}.`, {
      exitCode: 2,
    });
  }
  const tokens = kind === 'decode' ? batch : batch * time;
  const settings = gptSettings(model);
  const forward = tokens * (2 * linearWeights(settings) + attentionFlops(settings, time));
  return kind === 'train' ? 3 * forward : forward;
}

/** How many weights each token is multiplied with. */
function linearWeights({ layers, embedding: C, vocabulary: V }: GptSettings): number {
  return layers * (4 * C * C + 8 * C * C) + V * C;
}

/** What it takes one token to look at so many. */
function attentionFlops({ layers, embedding: C }: GptSettings, looked: number): number {
  return layers * 2 * (2 * C * looked);
}
