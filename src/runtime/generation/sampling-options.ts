import { UserError } from '../../errors.ts';

/** How a token is chosen from logits. */
export interface SamplingOptions {
  /** Takes the most probable token always; of the other options only `repetitionPenalty` changes which one that is. Default `false`. */
  readonly greedy?: boolean;
  /** Divides the logits, a number above 0: below 1 sharper, above 1 flatter. Default 1. */
  readonly temperature?: number;
  /** Only the k most probable tokens take part; 0 (the default) is off. */
  readonly topK?: number;
  /** Only the most probable tokens whose probabilities together reach p take part, at least one; 1 (the default) is off. */
  readonly topP?: number;
  /**
   * Only tokens at least this many times as probable as the most probable one take part, counted after the temperature (Nguyen et
   * al., 2024); 0 (the default) is off.
   */
  readonly minP?: number;
  /**
   * Makes tokens that are in the text already less probable, the prompt's included: a logit above 0 is divided by it, one below 0
   * multiplied (CTRL, Keskar et al., 2019; as Hugging Face has it). 1 (the default) is off, below 1 favours them.
   */
  readonly repetitionPenalty?: number;
  /** Chooses the series of random numbers. Default 0. */
  readonly seed?: number;
}

/** The options that are numbers. */
type NumberOption = Exclude<keyof SamplingOptions, 'greedy'>;

/** A rule for one option: what is allowed, in words and in code. */
type Rule = readonly [name: NumberOption, allowed: string, holds: (value: number) => boolean];

const isAboveZero = (value: number): boolean => value > 0 && Number.isFinite(value);

const rules: readonly Rule[] = [
  ['temperature', 'a number above 0 (greedy: true takes the most probable token always)', isAboveZero],
  ['topK', 'a whole number from 0 (0 = off)', (value) => Number.isInteger(value) && value >= 0],
  ['topP', 'a number above 0 and up to 1 (1 = off)', (value) => value > 0 && value <= 1],
  ['minP', 'a number from 0 to 1 (0 = off)', (value) => value >= 0 && value <= 1],
  ['repetitionPenalty', 'a number above 0 (1 = off)', isAboveZero],
  ['seed', 'a whole number', (value) => Number.isSafeInteger(value)],
];

/**
 * @param vocabularySize how many tokens there are, where that is known
 * @throws UserError when an option has a value that means nothing, or asks for more tokens than there are
 */
export function checkSampling(options: SamplingOptions, vocabularySize: number = Number.POSITIVE_INFINITY): void {
  for (const [name, allowed, holds] of rules) {
    const value = options[name];
    if (value !== undefined && !holds(value)) {
      throw new UserError(`The sampling option ${name} must be ${allowed}, not ${value}.`, { exitCode: 2 });
    }
  }
  if ((options.topK ?? 0) > vocabularySize) {
    throw new UserError(
      `The sampling option topK is ${options.topK}, but the vocabulary has ${vocabularySize} tokens: choose at most that, or 0 for all.`,
      { exitCode: 2 },
    );
  }
}
