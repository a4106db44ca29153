import { UserError } from '../../errors.ts';
import { generateScoredText, generateText, type ScoredText } from '../../runtime/generation/generate-text.ts';
import { generate, generateScored, type WritingOptions } from '../../runtime/generation/generate-tokens.ts';
import type { ScoredToken, TokenProbability } from '../../runtime/generation/log-probabilities.ts';
import { checkSampling, type SamplingOptions } from '../../runtime/generation/sampling.ts';
import { TextRow } from '../../runtime/generation/text-row.ts';
import { lineStart, type Tokenizer } from '../../text/tokenizer.ts';
import { requireTokenizer } from '../../text/tokenizers/index.ts';
import { interruption } from '../interruption.ts';
import type { RunningOptions } from '../options.ts';
import { opener } from '../running.ts';
import { openWriter, type Writer } from './open-writer.ts';
import { unsupportedOption, writeInOneRun } from './write-in-one-run.ts';

/** What `generate` takes. */
export interface GenerateOptions extends RunningOptions {
  /** A model or run directory, or an .onnx file. */
  readonly source: string;
  /** The module that defines the model, where the one that a directory remembers is gone. */
  readonly model?: string;
  /** The text to continue, unchanged; undefined when none was given, neither as an option nor on standard input. */
  readonly prompt: string | undefined;
  /** The tokens to continue, instead of a text. */
  readonly tokenIds?: readonly number[];
  /** How many tokens to generate. */
  readonly tokens: number;
  /** Always takes the most probable token. */
  readonly greedy?: boolean;
  /** Divides the logits. */
  readonly temperature?: number;
  /** Samples only from so many of the most probable tokens; 0 is all. */
  readonly topK?: number;
  /** Samples only from the most probable tokens whose probabilities add up to this; 1 is all. */
  readonly topP?: number;
  /** Samples only from tokens at least this many times as probable as the most probable one; 0 is all. */
  readonly minP?: number;
  /** Makes the logits of tokens that are already in the text smaller; 1 changes nothing. */
  readonly repetitionPenalty?: number;
  /** The text ends before the first of these. */
  readonly stop?: readonly string[];
  readonly seed?: number;
  /** Prints one JSON object per token, each on its own line. */
  readonly json?: boolean;
  /** How many of the most probable tokens each object lists. */
  readonly logprobs?: number;
}

/** Everything that a continuation is written from. */
interface Task extends Writer {
  readonly options: GenerateOptions;
  readonly sampling: SamplingOptions;
  readonly signal: AbortSignal;
}

/** `trilu generate`: the prompt and what follows it on stdout, token by token, and nothing else. */
export async function writeContinuation(options: GenerateOptions): Promise<void> {
  const sampling = samplingOf(options);
  checkSampling(sampling);
  const writer = await openWriter(options.source, opener(options), options.model);
  const stop = interruption();
  try {
    checkSampling(sampling, writer.vocabulary);
    for await (const text of output({ ...writer, options, sampling, signal: stop.signal })) process.stdout.write(text);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    // The shell's prompt begins on a new line; the other kinds of output end with one.
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

/** What goes to stdout, piece by piece. Nothing is printed before the first token is known, so a failure prints nothing. */
async function* output(task: Task): AsyncGenerator<string> {
  const { options, tokenizer, source } = task;
  const { tokenIds, json = false, prompt = '' } = options;
  if (tokenIds !== undefined) {
    if (json) yield* jsonLines(scoredIds(task, tokenIds));
    else yield* after(tokenIds.join(' '), idsOf(task, tokenIds), '\n');
    return;
  }
  const known = requireTokenizer(tokenizer, source);
  const beginning = prompt === '' ? lineStart(known) : prompt; // which is not part of the text
  if (json) yield* jsonLines(scoredText(task, known, beginning));
  else yield* after(prompt, textOf(task, known, beginning));
}

/** The pieces after a prompt; the prompt is printed together with the first of them. */
async function* after(prompt: string, pieces: AsyncIterable<string>, end = ''): AsyncGenerator<string> {
  let before = prompt;
  for await (const piece of pieces) {
    yield before + piece;
    before = '';
  }
  yield before + end;
}

async function* textOf(task: Task, tokenizer: Tokenizer, prompt: string): AsyncGenerator<string> {
  const { stop = [] } = task.options;
  if (!isGenerateProgram(task)) {
    yield* generateText({ ...writing(task), tokenizer, prompt, stop });
    return;
  }
  const row = new TextRow(tokenizer, stop);
  const tokens = Array.from(tokenizer.encode(prompt, 'The prompt'));
  for (const token of await inOneRun(task, tokens)) {
    yield row.push(token);
    if (row.ended) break;
  }
  yield row.end();
}

async function* idsOf(task: Task, tokens: readonly number[]): AsyncGenerator<string> {
  const written = isGenerateProgram(task) ? await inOneRun(task, tokens) : generate({ ...writing(task), tokens });
  for await (const token of written) yield ` ${token}`;
}

function scoredText(task: Task, tokenizer: Tokenizer, prompt: string): AsyncGenerator<ScoredText> {
  refuseScores(task);
  const { stop = [], logprobs = 0 } = task.options;
  return generateScoredText({ ...writing(task), tokenizer, prompt, stop, alternatives: logprobs });
}

function scoredIds(task: Task, tokens: readonly number[]): AsyncGenerator<ScoredToken> {
  refuseScores(task);
  return generateScored({ ...writing(task), tokens, alternatives: task.options.logprobs ?? 0 });
}

function refuseScores(task: Task): void {
  if (isGenerateProgram(task))
    throw unsupportedOption(task.source, task.options.logprobs === undefined ? '--json' : '--logprobs');
}

function isGenerateProgram({ session }: Task): boolean {
  return session.program.program === 'generate';
}

async function inOneRun({ vocabulary, options, ...task }: Task, tokens: readonly number[]): Promise<number[]> {
  const wrong = tokens.find((token) => token >= vocabulary);
  if (wrong === undefined) return writeInOneRun({ ...task, tokens, count: options.tokens });
  throw new UserError(`The prompt has the token ${wrong}, but the model's tokens are from 0 to ${vocabulary - 1}.`);
}

/** The options of `generate` in src/runtime. */
function writing({ session, block, options, sampling, signal }: Task): WritingOptions {
  const { program, state } = session.program;
  const programs = program === 'decode' && state.length > 0 ? { decode: session } : { forward: session };
  return { ...programs, count: options.tokens, blockSize: block, sampling, signal };
}

/** One JSON object per line. */
async function* jsonLines(tokens: AsyncIterable<ScoredText | ScoredToken>): AsyncGenerator<string> {
  for await (const scored of tokens) {
    const alternatives: readonly TokenProbability[] = scored.alternatives;
    const others = alternatives.length === 0 ? {} : { alternatives: alternatives.map(jsonOf) };
    yield `${JSON.stringify({ ...jsonOf(scored), ...others })}\n`;
  }
}

/** A token with the names that other tools use. */
function jsonOf({
  token,
  text,
  logProbability,
}: TokenProbability & { readonly text?: string }): Readonly<Record<string, unknown>> {
  return { token, ...(text === undefined ? {} : { text }), logprob: logProbability };
}
