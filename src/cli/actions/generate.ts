import { UserError } from '../../errors.ts';
import { generate, generateScored, type WritingOptions } from '../../runtime/generation/generate.ts';
import type { ScoredToken, TokenProbability } from '../../runtime/generation/log-probabilities.ts';
import { checkSampling, type SamplingOptions } from '../../runtime/generation/sampling.ts';
import { StopStrings } from '../../runtime/generation/stop-strings.ts';
import { generateScoredText, generateText, type ScoredText } from '../../runtime/generation/text-generation.ts';
import type { CharacterTokenizer } from '../../text/tokenizer.ts';
import type { GenerateOptions } from '../generate.ts';
import { cannot, writeInOneRun } from '../generate-program.ts';
import { interruption } from '../interruption.ts';
import { opener } from '../running.ts';
import { openWriter, type Writer } from '../writer.ts';

/** Everything that a continuation is written from. */
interface Task extends Writer {
  readonly options: GenerateOptions;
  readonly sampling: SamplingOptions;
  readonly signal: AbortSignal;
}

/** `trilu generate`: the prompt and what follows it on stdout, character by character, and nothing else. */
export async function runGenerate(options: GenerateOptions): Promise<void> {
  const sampling = samplingOf(options);
  checkSampling(sampling);
  const writer = await openWriter(options.source, opener(options));
  const stop = interruption();
  try {
    checkSampling(sampling, writer.config.vocabularySize);
    for await (const text of output({ ...writer, options, sampling, signal: stop.signal })) process.stdout.write(text);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    // The shell's prompt goes on a line of its own; the other outputs end theirs.
    if (process.stdout.isTTY && options.tokenIds === undefined && options.json !== true) process.stdout.write('\n');
    stop.release();
    await writer.session.dispose();
  }
}

function samplingOf(options: GenerateOptions): SamplingOptions {
  const { greedy = false, temperature = 1, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1 } = options;
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  return { greedy, temperature, topK, topP, minP, repetitionPenalty, seed };
}

/** What goes to stdout, piece by piece: nothing before the first token is known, so that what fails prints nothing. */
async function* output(task: Task): AsyncGenerator<string> {
  const { options, tokenizer, source } = task;
  const { tokenIds, json = false, prompt = '' } = options;
  if (tokenIds !== undefined) {
    if (json) yield* jsonLines(scoredIds(task, tokenIds));
    else yield* after(tokenIds.join(' '), idsOf(task, tokenIds), '\n');
    return;
  }
  if (tokenizer === undefined) {
    throw new UserError(`${source} does not say its characters, so it can't read and write text: give --token-ids.`);
  }
  const beginning = prompt === '' ? firstCharacter(tokenizer) : prompt;
  if (json) yield* jsonLines(scoredText(task, tokenizer, beginning));
  else yield* after(prompt, textOf(task, tokenizer, beginning));
}

/** What comes first in a text without a beginning: it begins as a line does. The character itself is not part of the text. */
function firstCharacter(tokenizer: CharacterTokenizer): string {
  return tokenizer.has('\n') ? '\n' : (tokenizer.vocabulary[0] ?? '');
}

/** The pieces, after a prompt that waits for the first of them. */
async function* after(prompt: string, pieces: AsyncIterable<string>, end = ''): AsyncGenerator<string> {
  let before = prompt;
  for await (const piece of pieces) {
    yield before + piece;
    before = '';
  }
  yield before + end;
}

async function* textOf(task: Task, tokenizer: CharacterTokenizer, prompt: string): AsyncGenerator<string> {
  const { stop = [] } = task.options;
  if (!isGenerateProgram(task)) {
    yield* generateText({ ...writing(task), tokenizer, prompt, stop });
    return;
  }
  const strings = new StopStrings(stop);
  const tokens = Array.from(tokenizer.encode(prompt, 'The prompt'));
  for (const token of await inOneRun(task, tokens)) {
    const { parts } = strings.add({ text: tokenizer.decode([token]) });
    for (const { text } of parts) yield text;
  }
  for (const { text } of strings.end()) yield text;
}

async function* idsOf(task: Task, tokens: readonly number[]): AsyncGenerator<string> {
  const written = isGenerateProgram(task) ? await inOneRun(task, tokens) : generate({ ...writing(task), tokens });
  for await (const token of written) yield ` ${token}`;
}

function scoredText(task: Task, tokenizer: CharacterTokenizer, prompt: string): AsyncGenerator<ScoredText> {
  refuseScores(task);
  const { stop = [], logprobs = 0 } = task.options;
  return generateScoredText({ ...writing(task), tokenizer, prompt, stop, alternatives: logprobs });
}

function scoredIds(task: Task, tokens: readonly number[]): AsyncGenerator<ScoredToken> {
  refuseScores(task);
  return generateScored({ ...writing(task), tokens, alternatives: task.options.logprobs ?? 0 });
}

function refuseScores(task: Task): void {
  if (isGenerateProgram(task)) throw cannot(task.source, task.options.logprobs === undefined ? '--json' : '--logprobs');
}

function isGenerateProgram({ session }: Task): boolean {
  return session.program.program === 'generate';
}

async function inOneRun({ config, options, ...task }: Task, tokens: readonly number[]): Promise<number[]> {
  const wrong = tokens.find((token) => token >= config.vocabularySize);
  if (wrong === undefined) return writeInOneRun({ ...task, tokens, count: options.tokens });
  throw new UserError(
    `The prompt has the token ${wrong}, but the model's tokens are from 0 to ${config.vocabularySize - 1}.`,
  );
}

/** What the host's loop needs of a task. */
function writing({ session, config, options, sampling, signal }: Task): WritingOptions {
  const { program, state } = session.program;
  const programs = program === 'decode' && state.length > 0 ? { decode: session } : { forward: session };
  return { ...programs, count: options.tokens, blockSize: config.blockSize, sampling, signal };
}

/** One object a line. */
async function* jsonLines(tokens: AsyncIterable<ScoredText | ScoredToken>): AsyncGenerator<string> {
  for await (const scored of tokens) {
    const alternatives: readonly TokenProbability[] = scored.alternatives;
    const others = alternatives.length === 0 ? {} : { alternatives: alternatives.map(jsonOf) };
    yield `${JSON.stringify({ ...jsonOf(scored), ...others })}\n`;
  }
}

/** A token under the names that other such tools use. */
function jsonOf({
  token,
  text,
  logProbability,
}: TokenProbability & { readonly text?: string }): Readonly<Record<string, unknown>> {
  return { token, ...(text === undefined ? {} : { text }), logprob: logProbability };
}
