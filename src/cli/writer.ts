import { existsSync } from 'node:fs';
import { defineModel, type ModelConfig } from '../../models/index.ts';
import { UserError } from '../errors.ts';
import { configFromJson } from '../export/config.ts';
import { exportProgram } from '../export/export-program.ts';
import { readModelSummary } from '../onnx/metadata.ts';
import { decodeProgram } from '../programs/decode.ts';
import { forwardProgram } from '../programs/forward.ts';
import { isDirectory, readModelDirectory } from '../runs/run-directory.ts';
import type { OpenOptions, Session } from '../runtime/session.ts';
import { readFileChecked } from '../storage/atomic-file.ts';
import { CharacterTokenizer } from '../text/tokenizer.ts';

/** A model that can write. */
export interface Writer {
  /** Where it came from, for messages. */
  readonly source: string;
  /** A forward, decode or generate program. */
  readonly session: Session;
  readonly config: ModelConfig;
  /** Its characters; absent in a model whose tokens are none. */
  readonly tokenizer?: CharacterTokenizer;
}

/** Opens a model, in a worker thread unless told. */
export type OpenModel = (model: Uint8Array | string, how?: Pick<OpenOptions, 'worker'>) => Promise<Session>;

/** The programs that can continue a text. */
const writingPrograms: readonly string[] = ['forward', 'decode', 'generate'];

/**
 * Opens a model or run directory, or an .onnx file, to write with: in this thread, because a token is computed in less time than the way
 * to a worker and back would add, and between two tokens this thread is free. Only a program that writes everything in one run goes to a
 * worker.
 * @throws UserError when there is no such thing, it is damaged, or its program can't continue a text
 */
export async function openWriter(source: string, open: OpenModel): Promise<Writer> {
  if (isDirectory(source)) return openDirectory(source, open);
  if (!existsSync(source)) throw new UserError(`There is no model directory and no .onnx file at ${source}.`);
  const { metadata } = readModelSummary(await readFileChecked(source, 'the model'), source);
  const session = await open(source, { worker: metadata['trilu.program'] === 'generate' });
  try {
    return { source, session, ...describe(session, source) };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

async function openDirectory(source: string, open: OpenModel): Promise<Writer> {
  const { config, weights, vocabulary } = await readModelDirectory(source);
  const model = defineModel(config);
  const decode = decodeProgram(model);
  const program = decode.state.length > 0 ? decode : forwardProgram(model);
  const session = await open(exportProgram(program, { weights }), { worker: false });
  return { source, session, config, ...tokenizerOf(vocabulary) };
}

function describe({ program }: Session, source: string): Pick<Writer, 'config' | 'tokenizer'> {
  if (program.program !== undefined && !writingPrograms.includes(program.program)) {
    throw new UserError(
      `${source} is the program ${program.program}, which can't continue a text: give ${writingPrograms.join(', ')} or a model directory.`,
    );
  }
  if (program.config === undefined) {
    throw new UserError(
      `${source} does not say its configuration (metadata trilu.config), so it can't continue a text: give a file that trilu has written.`,
    );
  }
  return { config: configFromJson(program.config, source), ...tokenizerOf(program.vocabulary) };
}

function tokenizerOf(vocabulary: readonly string[] | undefined): Pick<Writer, 'tokenizer'> {
  return vocabulary === undefined ? {} : { tokenizer: CharacterTokenizer.fromVocabulary(vocabulary) };
}
