import { UserError } from '../../errors.ts';
import type { Session } from '../session.ts';
import { checkAlternatives, type ScoredToken, scoreToken } from './log-probabilities.ts';
import { nextLogits, type WritingPrograms } from './next-logits.ts';
import { sample } from './sampling.ts';
import { checkSampling, type SamplingOptions } from './sampling-options.ts';

/** How a text is continued, whatever the prompt. */
export interface WritingOptions extends WritingPrograms {
  /** The largest number of tokens to write. */
  readonly count: number;
  /** How many tokens are read at once: as many as the model sees, unless told. Files of other tools don't say how many that is. */
  readonly blockSize?: number;
  readonly sampling?: SamplingOptions;
  /** Stops between two tokens: the iteration throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** What a continuation is written from. */
export interface GenerateOptions extends WritingOptions {
  /** The ids of the prompt, at least one. */
  readonly tokens: readonly number[];
}

/** What a batch of continuations is written from. */
export interface GenerateBatchOptions extends WritingOptions {
  /** The ids of the prompts, one row each, at least one id in each; they may be of different lengths. */
  readonly prompts: readonly (readonly number[])[];
  /** Asked after each token whether its row ends with it. No row ends before `count` unless told. */
  readonly ends?: (token: number, row: number) => boolean;
}

/**
 * Continues a text, token by token, of any length: the lecture's loop. Each token is drawn from the logits after the last
 * `blockSize` tokens; token number i (from 0) with `sample(logits, { …sampling, step: i })`, where `seen` is the whole text so far.
 * With a forward program, a decode program, or both; the text is the same. For a small model, messages to a worker thread and back take a good
 * part of a token's time: sessions that are opened with `worker: false` avoid them.
 *
 * @returns the new ids, each as soon as it is known; leave the loop to stop
 * @throws UserError for an empty prompt, ids outside the vocabulary, invalid numbers or sampling options, or sessions of other programs
 */
export async function* generate({ tokens, ...options }: GenerateOptions): AsyncGenerator<number, void, undefined> {
  for await (const [token] of write({ ...options, prompts: [tokens] }, (_logits, token) => token)) {
    if (token !== undefined) yield token;
  }
}

/**
 * The same as `generate`, and with each token its log-probability and those of the most probable tokens: see `ScoredToken`. It costs one
 * pass over all logits for each token.
 *
 * @param options.alternatives how many of the most probable tokens to tell, 0 unless told
 */
export async function* generateScored({
  tokens,
  alternatives = 0,
  ...options
}: GenerateOptions & { readonly alternatives?: number }): AsyncGenerator<ScoredToken, void, undefined> {
  checkAlternatives(alternatives, vocabularySizeOf(options));
  const score = (logits: Float32Array, token: number): ScoredToken => scoreToken(logits, token, alternatives);
  for await (const [token] of write({ ...options, prompts: [tokens] }, score)) {
    if (token !== undefined) yield token;
  }
}

/**
 * Continues many texts at once, a token of each a step. Row b is what `generate` writes with the seed + b, so that equal prompts are
 * continued differently; how long the others are, and when they end, changes nothing.
 *
 * @returns for each step the new id of each row, undefined for rows that have ended; it ends when all of them have
 * @throws UserError as `generate`
 */
export function generateBatch(
  options: GenerateBatchOptions,
): AsyncGenerator<readonly (number | undefined)[], void, undefined> {
  return write(options, (_logits, token) => token);
}

/** @param tell what to yield of a token that was drawn from logits */
async function* write<Told>(
  options: GenerateBatchOptions,
  tell: (logits: Float32Array, token: number) => Told,
): AsyncGenerator<readonly (Told | undefined)[], void, undefined> {
  const { prompts, count, sampling = {}, signal, ends = () => false } = options;
  const blockSize = checkOptions(options);
  const read = nextLogits(options, { ...options, blockSize });
  const texts: (number[] | undefined)[] = prompts.map((prompt) => [...prompt]);
  const seen = prompts.map((prompt) => new Set(prompt));
  for (let step = 0; step < count && texts.some((text) => text !== undefined); step += 1) {
    signal?.throwIfAborted();
    const logits = await read(texts);
    yield texts.map((text, row) => {
      const own = logits[row];
      if (text === undefined || own === undefined) return undefined;
      const place = { step, seed: (sampling.seed ?? 0) + row, seen: seen[row] ?? [] };
      const token = sample(own, { ...sampling, ...place });
      text.push(token);
      seen[row]?.add(token);
      if (ends(token, row)) texts[row] = undefined;
      return tell(own, token);
    });
  }
}

/** @returns how many tokens are read at once */
function checkOptions(options: GenerateBatchOptions): number {
  const { prompts, count, sampling = {} } = options;
  if (prompts.length === 0) throw new UserError('There are no prompts to go on from.');
  const vocabularySize = vocabularySizeOf(options);
  for (const [row, prompt] of prompts.entries()) {
    checkPrompt(prompt, prompts.length === 1 ? 'The prompt' : `Prompt ${row}`, vocabularySize);
  }
  if (!Number.isInteger(count) || count < 0) {
    throw new UserError(`The number of tokens to generate must be a whole number from 0, not ${count}.`, {
      exitCode: 2,
    });
  }
  checkSampling(sampling, vocabularySize);
  return blockSizeOf(options);
}

/** A wrong id would be taken for the end of a text, or, on a GPU, read whatever lies behind the embedding table. */
function checkPrompt(prompt: readonly number[], name: string, vocabularySize: number): void {
  if (prompt.length === 0) {
    throw new UserError(`${name} is empty: generating needs at least one token to go on from.`);
  }
  const wrong = prompt.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabularySize);
  if (wrong === undefined) return;
  const allowed = Number.isFinite(vocabularySize) ? `from 0 to ${vocabularySize - 1}` : 'whole numbers from 0';
  throw new UserError(`${name} has the token ${wrong}, but the model's tokens are ${allowed}.`);
}

/** What was asked for, which the programs must be able to see; else the most that they see. */
function blockSizeOf({ blockSize, forward, decode }: GenerateBatchOptions): number {
  const sizes = [forward, decode].map((session) => session?.program.config?.n_positions);
  const longest = Math.min(...sizes.filter((size) => typeof size === 'number'));
  const chosen = blockSize ?? longest;
  if (blockSize === undefined && longest === Number.POSITIVE_INFINITY && (forward ?? decode) !== undefined) {
    throw new UserError('The file does not say how many tokens its model sees at once: give the block size.', {
      exitCode: 2,
    });
  }
  if (blockSize !== undefined && (!Number.isInteger(blockSize) || blockSize < 1)) {
    throw new UserError(`The block size must be a whole number from 1, not ${blockSize}.`, { exitCode: 2 });
  }
  if (chosen > longest) {
    throw new UserError(
      `The block size ${chosen} is longer than the model's, which sees ${longest} tokens at once: choose at most that.`,
      { exitCode: 2 },
    );
  }
  return chosen;
}

/** The size of the vocabulary, as the programs' graphs declare it; infinite where they don't. */
export function vocabularySizeOf({ forward, decode }: WritingPrograms): number {
  return Math.min(...[forward, decode].map(declaredVocabulary));
}

function declaredVocabulary(session: Session | undefined): number {
  const size = session?.program.outputs.find(({ name }) => name === 'logits')?.shape.at(-1);
  return typeof size === 'number' ? size : Number.POSITIVE_INFINITY;
}
