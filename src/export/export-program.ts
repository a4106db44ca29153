import { UserError } from '../errors.ts';
import { configToJson } from '../model-directory/config.ts';
import type { Weights } from '../programs/parameters.ts';
import type { Program } from '../programs/program.ts';
import { requireSize, type Tokenizer } from '../text/tokenizer.ts';
import { tokenizerMetadata } from '../text/tokenizer-metadata.ts';
import { defaultOpset } from './opsets.ts';
import { type PrecisionOptions, withPrecision } from './precision/precision.ts';
import { type WriteOptions, writeOnnx, writeOnnxInTwo } from './write-onnx.ts';

export interface ExportOptions {
  /** 18 unless told, or the lowest that the program needs. */
  readonly opset?: number;
  /** What the weights are; a train program is fed its own. */
  readonly weights?: Weights;
  /** How text becomes tokens, where it is known. */
  readonly tokenizer?: Tokenizer | undefined;
  /** What the weights are stored as; float32 unless told. */
  readonly precision?: PrecisionOptions;
}

/** A program as it was written. */
export interface ExportedProgram {
  readonly program: Program;
  readonly opset: number;
  /** The names of the weights that are not float32. */
  readonly converted: readonly string[];
  readonly model: Uint8Array<ArrayBuffer>;
  /** The large weights, where they were asked to be in a file of their own. */
  readonly data?: Uint8Array<ArrayBuffer>;
}

/** What each program is, in a sentence for whoever opens the file. */
const descriptions: Readonly<Record<Program['name'], (program: Program) => string>> = {
  forward: () => 'Scores for the next character at every position.',
  decode: () =>
    'Scores for the next character, with a cache of what was read before: feed each next.* output to its input.',
  generate: () => 'Writes text: the whole loop, sampling included, in one run.',
  evaluate: () => 'The mean cross-entropy, in nats, of the targets.',
  train: ({ optimizer }) =>
    `Training steps: forward, backward, clipping and ${optimizer}. Feed each next.* output to its input.`,
};

/**
 * A program as the bytes of an .onnx file that carries in its metadata what is needed to run it with no other file.
 * @throws GraphError when an operator is newer than the opset, or weights are missing or of the wrong size.
 * @throws UserError when the tokenizer is of another size than the model's vocabulary
 */
export function exportProgram(program: Program, options: ExportOptions = {}): Uint8Array<ArrayBuffer> {
  return exportFiles(program, options).model;
}

/**
 * The same with all that is to be told of it.
 * @param location where the large weights will be, beside the model; unset keeps them in it
 */
export function exportFiles(given: Program, options: ExportOptions, location?: string): ExportedProgram {
  const { weights = new Map(), tokenizer, precision = { dtype: 'fp32' } } = options;
  const { program, opset: needed, converted } = withPrecision(given, weights, precision);
  const opset = options.opset ?? Math.max(defaultOpset, needed);
  if (opset < needed && precision.dtype !== 'fp32') {
    throw new UserError(
      `The ${program.name} program in ${precision.dtype} needs opset ${needed} or newer, not ${opset}: leave the opset out or raise it.`,
      { exitCode: 2 },
    );
  }
  const { name, model, graph, state } = program;
  if (tokenizer !== undefined) requireSize(tokenizer, model.vocabulary);
  const written: WriteOptions = {
    opset,
    weights,
    docString: `${model.name}: ${descriptions[name](program)}`,
    metadata: {
      'trilu.program': name,
      'trilu.config': JSON.stringify(configToJson(model)),
      ...tokenizerMetadata(tokenizer),
      'trilu.state': JSON.stringify(state),
    },
  };
  if (location === undefined) return { program, opset, converted, model: writeOnnx(graph, written) };
  return { program, opset, converted, ...writeOnnxInTwo(graph, location, written) };
}
