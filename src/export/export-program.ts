import type { Program } from '../programs/program.ts';
import { configToJson } from './config.ts';
import { type Weights, writeOnnx } from './write-onnx.ts';

export interface ExportOptions {
  readonly opset?: number;
  readonly weights: Weights;
  /** The characters in id order, where they are known. */
  readonly vocabulary?: readonly string[];
}

/** What each program is, in a sentence for whoever opens the file. */
const descriptions: Readonly<Record<Program['name'], string>> = {
  forward: 'Scores for the next character at every position.',
  decode: 'Scores for the next character, with a cache of what was read before: feed each next.* output to its input.',
  generate: 'Writes text: the whole loop, sampling included, in one run.',
  evaluate: 'The mean cross-entropy, in nats, of the targets.',
  train: 'Training steps: forward, backward, clipping and AdamW. Feed each next.* output to its input.',
};

/** A program as the bytes of an .onnx file that carries in its metadata what is needed to run it with no other file. */
export function exportProgram(
  program: Program,
  { opset, weights, vocabulary }: ExportOptions,
): Uint8Array<ArrayBuffer> {
  const { name, config, graph, state } = program;
  return writeOnnx(graph, {
    ...(opset === undefined ? {} : { opset }),
    weights,
    docString: `${config.model}: ${descriptions[name]}`,
    metadata: {
      'trilu.program': name,
      'trilu.config': JSON.stringify(configToJson(config)),
      ...(vocabulary === undefined ? {} : { 'trilu.vocabulary': JSON.stringify(vocabulary) }),
      'trilu.state': JSON.stringify(state),
    },
  });
}
