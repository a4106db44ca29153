import { UserError } from '../../errors.ts';
import { largestFirst } from './largest-first.ts';

/** A token and its log-probability. */
export interface TokenProbability {
  readonly token: number;
  /** In nats: 0 is certain, −0.69 is one in two. */
  readonly logProbability: number;
}

/** A token that was written, and its alternatives. */
export interface ScoredToken extends TokenProbability {
  /** The most probable tokens, most probable first, of equal ones the lower id; the written one stands among them if it is one. */
  readonly alternatives: readonly TokenProbability[];
}

/**
 * The model's own log-probability of a token: the log-softmax of its logits as they are, before temperature, penalty and all other options
 * of sampling, so that the numbers of different options can be compared. In float64.
 *
 * @param logits one per token, in id order
 * @param alternatives how many of the most probable tokens to tell
 */
export function scoreToken(logits: Float32Array, token: number, alternatives: number): ScoredToken {
  const largest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  const logTotal = Math.log(total);
  const probabilityOf = (id: number): TokenProbability => ({
    token: id,
    logProbability: (logits[id] ?? Number.NEGATIVE_INFINITY) - largest - logTotal,
  });
  const first = alternatives === 0 ? [] : Array.from(largestFirst(logits, { most: alternatives }));
  return { ...probabilityOf(token), alternatives: first.map(probabilityOf) };
}

/** @throws UserError when there can't be so many alternatives */
export function checkAlternatives(alternatives: number, vocabularySize: number = Number.POSITIVE_INFINITY): void {
  if (!Number.isInteger(alternatives) || alternatives < 0) {
    throw new UserError(`The number of alternatives must be a whole number from 0, not ${alternatives}.`, {
      exitCode: 2,
    });
  }
  if (alternatives > vocabularySize) {
    throw new UserError(
      `${alternatives} alternatives were asked for, but the vocabulary has ${vocabularySize} tokens: choose at most that.`,
      { exitCode: 2 },
    );
  }
}
