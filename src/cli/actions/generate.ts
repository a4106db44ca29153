import { existsSync } from 'node:fs';
import { defineModel } from '../../../models/index.ts';
import { UserError } from '../../errors.ts';
import { configFromJson } from '../../export/config.ts';
import { exportProgram } from '../../export/export-program.ts';
import { decodeProgram } from '../../programs/decode.ts';
import { forwardProgram } from '../../programs/forward.ts';
import { isDirectory, readModelDirectory } from '../../runs/run-directory.ts';
import { generate } from '../../runtime/generation.ts';
import { checkSampling, type SamplingOptions } from '../../runtime/sampling.ts';
import type { Session } from '../../runtime/session.ts';
import { scalar, tensor } from '../../runtime/tensor.ts';
import { CharacterTokenizer } from '../../text/tokenizer.ts';
import type { GenerateOptions } from '../generate.ts';
import { interruption } from '../interruption.ts';
import { opener } from '../running.ts';

/** A model that can write: its session, its characters and how far it sees. */
interface Writer {
  readonly session: Session;
  readonly tokenizer: CharacterTokenizer;
  readonly blockSize: number;
}

/** `trilu generate`: the prompt and what follows it on stdout, character by character, and nothing else. */
export async function runGenerate(options: GenerateOptions): Promise<void> {
  const sampling: Required<SamplingOptions> = {
    temperature: options.greedy === true ? 0 : (options.temperature ?? 1),
    topK: options.topK ?? 0,
    topP: options.topP ?? 1,
    seed: options.seed ?? Math.floor(Math.random() * 2 ** 31),
  };
  checkSampling(sampling);
  const { session, tokenizer, blockSize } = await openWriter(options);
  const stop = interruption();
  try {
    const { prompt = '' } = options;
    const tokens = Array.from(tokenizer.encode(prompt === '' ? firstCharacter(tokenizer) : prompt, 'The prompt'));
    process.stdout.write(prompt);
    for await (const text of continuation(
      session,
      tokenizer,
      blockSize,
      tokens,
      options.tokens,
      sampling,
      stop.signal,
    )) {
      process.stdout.write(text);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
  } finally {
    if (process.stdout.isTTY) process.stdout.write('\n');
    stop.release();
    await session.dispose();
  }
}

/** What comes first in a text without a beginning: it begins as a line does. The character itself is not part of the text. */
function firstCharacter(tokenizer: CharacterTokenizer): string {
  return tokenizer.has('\n') ? '\n' : (tokenizer.vocabulary[0] ?? '');
}

async function openWriter(options: GenerateOptions): Promise<Writer> {
  const { source } = options;
  const open = opener(options);
  if (isDirectory(source)) {
    const { config, weights, vocabulary } = await readModelDirectory(source);
    const model = defineModel(config);
    const decode = decodeProgram(model);
    const program = decode.state.length > 0 ? decode : forwardProgram(model);
    const session = await open(exportProgram(program, { weights }));
    return { session, tokenizer: CharacterTokenizer.fromVocabulary(vocabulary), blockSize: config.blockSize };
  }
  if (!existsSync(source)) throw new UserError(`There is no model directory and no .onnx file at ${source}.`);
  const session = await open(source);
  try {
    const { program, vocabulary, config } = session.program;
    if (program !== undefined && !writingPrograms.includes(program)) {
      throw new UserError(
        `${source} is the program ${program}, which can't continue a text: give ${writingPrograms.join(', ')} or a model directory.`,
      );
    }
    if (vocabulary === undefined || config === undefined) {
      throw new UserError(
        `${source} does not say its characters (metadata trilu.vocabulary), so it can't continue a text.`,
      );
    }
    const { blockSize } = configFromJson(config, source);
    return { session, tokenizer: CharacterTokenizer.fromVocabulary(vocabulary), blockSize };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

/** The programs that can continue a text. */
const writingPrograms: readonly string[] = ['forward', 'decode', 'generate'];

/** How each program writes on. */
async function* continuation(
  session: Session,
  tokenizer: CharacterTokenizer,
  blockSize: number,
  tokens: readonly number[],
  count: number,
  sampling: Required<SamplingOptions>,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const { program, state } = session.program;
  if (program === 'generate') {
    yield tokenizer.decode(await writeInOneRun(session, tokens, count, sampling));
    return;
  }
  const cached = program === 'decode' && state.length > 0;
  const writer = cached ? { decode: session } : { forward: session };
  for await (const token of generate({ ...writer, tokens, count, blockSize, sampling, signal })) {
    yield tokenizer.decode([token]);
  }
}

async function writeInOneRun(
  session: Session,
  tokens: readonly number[],
  count: number,
  { temperature, topK, topP, seed }: Required<SamplingOptions>,
): Promise<number[]> {
  const { generated } = await session.run({
    tokens: tensor('int32', [1, tokens.length], tokens),
    count: scalar('int32', count),
    temperature: scalar('float32', temperature),
    top_k: scalar('int32', topK),
    top_p: scalar('float32', topP),
    seed: scalar('int32', seed),
  });
  return Array.from(generated?.data ?? [], Number);
}
