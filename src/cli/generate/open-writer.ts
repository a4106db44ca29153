import { existsSync } from 'node:fs';
import { UserError } from '../../errors.ts';
import { exportProgram } from '../../export/export-program.ts';
import { readModelSummary } from '../../onnx/metadata.ts';
import { decodeProgram } from '../../programs/decode-program.ts';
import { forwardProgram } from '../../programs/forward-program.ts';
import { isDirectory } from '../../runs/run-directory.ts';
import { tokenizerOf } from '../../runtime/generation/tokenizer-of.ts';
import type { OpenOptions, Session } from '../../runtime/session.ts';
import { readFileChecked } from '../../storage/atomic-file.ts';
import type { Tokenizer } from '../../text/tokenizer.ts';
import { loadModelModule } from '../model-module.ts';
import { readTrainedModel } from '../trained-model.ts';

/** A model opened to generate text. */
export interface Writer {
  /** Its file or directory, for messages. */
  readonly source: string;
  /** A forward, decode or generate program. */
  readonly session: Session;
  /** The most tokens it sees at once, and how many different ones there are. */
  readonly block: number;
  readonly vocabulary: number;
  /** Absent where it is of no kind that is known here. */
  readonly tokenizer?: Tokenizer | undefined;
}

/** Opens a model, in a worker thread unless `worker` is false. */
export type OpenModel = (model: Uint8Array | string, how?: Pick<OpenOptions, 'worker'>) => Promise<Session>;

/** The programs that can continue a text. */
const writingPrograms: readonly string[] = ['forward', 'decode', 'generate'];

/**
 * Opens a model or run directory, or an .onnx file, to write with: in this thread, because a token is computed in less time than the way
 * to a worker and back would add, and between two tokens this thread is free. Only a program that writes everything in one run goes to a
 * worker.
 * @param module the module that defines the model, where the one that a directory remembers is gone, or the tokenizer of a file
 * @throws UserError when there is no such thing, it is damaged, or its program can't continue a text
 */
export async function openWriter(source: string, open: OpenModel, module?: string): Promise<Writer> {
  if (isDirectory(source)) return openDirectory(source, open, module);
  if (!existsSync(source)) throw new UserError(`There is no model directory and no .onnx file at ${source}.`);
  if (module !== undefined) await loadModelModule(module);
  const { metadata } = readModelSummary(await readFileChecked(source, 'the model'), source);
  const session = await open(source, { worker: metadata['trilu.program'] === 'generate' });
  try {
    return { source, session, ...describe(session, source) };
  } catch (error) {
    await session.dispose();
    throw error;
  }
}

async function openDirectory(source: string, open: OpenModel, module: string | undefined): Promise<Writer> {
  const { model, weights, tokenizer } = await readTrainedModel(source, module);
  const decode = decodeProgram(model);
  const program = decode.state.length > 0 ? decode : forwardProgram(model);
  const session = await open(exportProgram(program, { weights }), { worker: false });
  return { source, session, block: model.block, vocabulary: model.vocabulary, tokenizer };
}

function describe(session: Session, source: string): Pick<Writer, 'block' | 'vocabulary' | 'tokenizer'> {
  const { program } = session;
  if (program.program !== undefined && !writingPrograms.includes(program.program)) {
    throw new UserError(
      `${source} is the program ${program.program}, which can't continue a text: give ${writingPrograms.join(', ')} or a model directory.`,
    );
  }
  const { n_positions: block, vocab_size: vocabulary } = program.config ?? {};
  if (typeof block !== 'number' || typeof vocabulary !== 'number') {
    throw new UserError(
      `${source} does not say its configuration (metadata trilu.config), so it can't continue a text: give a file that trilu has written.`,
    );
  }
  return { block, vocabulary, tokenizer: tokenizerOf(session) };
}
