import { UserError } from '../../errors.ts';
import type { Session } from '../session.ts';
import { checkAlternatives, type ScoredToken, scoreToken } from './log-probabilities.ts';
import { nextLogits, type WritingPrograms } from './next-logits.ts';
import { sample } from './sampling.ts';
import { checkSampling, type SamplingOptions } from './sampling-options.ts';

/** How a text is written on, whatever it begins with. */
export interface WritingOptions extends WritingPrograms {
  /** How many tokens to write at most. */
  readonly count: number;
  /** How many tokens the model sees at once. */
  readonly blockSize: number;
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
 * With a forward program, a decode program, or both; the text is the same. For a small model the way to a worker thread and back is a good
 * part of a token's time: sessions that are opened with `worker: false` are spared it.
 *
 * @returns the new ids, each as soon as it is known; who wants no more leaves the loop
 * @throws UserError for an empty prompt, ids that are none, impossible numbers or sampling options, or sessions of other programs
 */
export async function* generate({ tokens, ...options }: GenerateOptions): AsyncGenerator<number, void, undefined> {
  for await (const [token] of write({ ...options, prompts: [tokens] }, (_logits, token) => token)) {
    if (token !== undefined) yield token;
  }
}

/**
 * The same as `generate`, and with each token what the model held of it and of the most probable ones: see `ScoredToken`. It costs one
 * look at all logits a token.
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
  checkOptions(options);
  const read = nextLogits(options, options);
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

function checkOptions(options: GenerateBatchOptions): void {
  const { prompts, count, blockSize, sampling = {} } = options;
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
  checkBlockSize(blockSize, options);
  checkSampling(sampling, vocabularySize);
}

/** A wrong id would be read as the end of a text, or, on a GPU, as what happens to lie behind the table. */
function checkPrompt(prompt: readonly number[], name: string, vocabularySize: number): void {
  if (prompt.length === 0) {
    throw new UserError(`${name} is empty: generating needs at least one token to go on from.`);
  }
  const wrong = prompt.find((token) => !Number.isInteger(token) || token < 0 || token >= vocabularySize);
  if (wrong === undefined) return;
  const allowed = Number.isFinite(vocabularySize) ? `from 0 to ${vocabularySize - 1}` : 'whole numbers from 0';
  throw new UserError(`${name} has the token ${wrong}, but the model's tokens are ${allowed}.`);
}

function checkBlockSize(blockSize: number, { forward, decode }: WritingPrograms): void {
  if (!Number.isInteger(blockSize) || blockSize < 1) {
    throw new UserError(`The block size must be a whole number from 1, not ${blockSize}.`, { exitCode: 2 });
  }
  for (const session of [forward, decode]) {
    const longest = session?.program.config?.n_positions;
    if (typeof longest === 'number' && blockSize > longest) {
      throw new UserError(
        `The block size ${blockSize} is longer than the model's, which sees ${longest} tokens at once: choose at most that.`,
        { exitCode: 2 },
      );
    }
  }
}

/** How many tokens the programs tell apart, as their graphs say it; infinitely many where they don't. */
function vocabularySizeOf({ forward, decode }: WritingPrograms): number {
  return Math.min(...[forward, decode].map(declaredVocabulary));
}

function declaredVocabulary(session: Session | undefined): number {
  const size = session?.program.outputs.find(({ name }) => name === 'logits')?.shape.at(-1);
  return typeof size === 'number' ? size : Number.POSITIVE_INFINITY;
}
