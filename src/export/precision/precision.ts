import { UserError } from '../../errors.ts';
import type { Block, Graph } from '../../graph/index.ts';
import { lowestVersion } from '../../graph/index.ts';
import type { Weights } from '../../programs/parameters.ts';
import type { Program } from '../../programs/program.ts';
import { halfGraph } from './half-graph.ts';
import { type QuantizedForm, type QuantizedOptions, quantizedGraph } from './quantized-graph.ts';

/** What a file's weights are: 32- or 16-bit floating point, or whole numbers of 8 or 4 bits that share scales. */
export type Precision = 'fp32' | 'fp16' | 'int8' | 'int4';

/** All precisions, in the order in which tables list them. */
export const precisions: readonly Precision[] = ['fp32', 'fp16', 'int8', 'int4'];

/** All forms of int8 and int4, the default first. */
export const quantizedForms: readonly QuantizedForm[] = ['qdq', 'matmulnbits', 'matmulinteger'];

export interface PrecisionOptions {
  readonly dtype: Precision;
  /**
   * How int8 and int4 are computed.
   * - `qdq`: the standard's DequantizeLinear in front of each product, in blocks (opset 21): every tool reads it.
   * - `matmulnbits`: com.microsoft MatMulNBits, for ONNX Runtime alone; the same numbers, and no weight is ever unpacked. A program
   *   that reads weights two loops deep (generate) is written as `qdq`: ONNX Runtime does not find MatMulNBits' weights there.
   * - `matmulinteger`: int8 only; plain DynamicQuantizeLinear and MatMulInteger, a scale a column. It rounds what comes in to uint8
   *   by one scale for the whole tensor, so a batch's rows touch each other's last digits.
   */
  readonly form?: QuantizedForm;
  /** How many weights share a scale: 16, 32, 64, 128 or 256; 32 unless told. */
  readonly blockSize?: number;
  /**
   * How exact MatMulNBits keeps what comes in: 4, unless told, rounds it to int8 in the same blocks, which ONNX Runtime also does
   * where it fuses `qdq`; 0 leaves it as it is and is many times slower on a CPU.
   */
  readonly accuracyLevel?: 0 | 1 | 2 | 4;
}

/**
 * Whether the generate program does well to make its turns in segments, a loop in a loop: ONNX Runtime prepares quantised weights one
 * loop deep only.
 */
export function suitsSegments({ dtype }: Pick<PrecisionOptions, 'dtype'>): boolean {
  return dtype === 'fp32' || dtype === 'fp16';
}

/** A program in another precision. */
export interface ProgramInPrecision {
  readonly program: Program;
  /** The lowest opset that has all of its operators. */
  readonly opset: number;
  /** The weights that are no longer float32, by their names; none where a model has no matrix product. */
  readonly converted: readonly string[];
}

/**
 * The same program with its weights in another precision. Names, inputs and outputs stay, and so do their types. The weights that are
 * converted are inside the program then; the others are still looked up in `weights` when it is written.
 * @throws UserError for a program that trains, for a form or block size that there is not, and for weights out of range.
 */
export function withPrecision(program: Program, weights: Weights, options: PrecisionOptions): ProgramInPrecision {
  const { graph, converted } = converting(program, weights, options);
  return { program: { ...program, graph }, opset: newestOperator(graph), converted };
}

function converting(
  { name, graph }: Program,
  weights: Weights,
  { dtype, form = 'qdq', blockSize = 32, accuracyLevel = 4 }: PrecisionOptions,
): { graph: Graph; converted: readonly string[] } {
  if (dtype === 'fp32') return { graph, converted: [] };
  if (name === 'train') {
    throw wrongUsage(
      `The train program can't be written in ${dtype}: its weights change, so it is written in fp32 only.`,
    );
  }
  if (dtype === 'fp16') return halfGraph(graph, weights);
  if (![16, 32, 64, 128, 256].includes(blockSize)) {
    throw wrongUsage(`Weights can't share a scale in blocks of ${blockSize}; choose 16, 32, 64, 128 or 256.`);
  }
  if (form === 'matmulinteger' && dtype !== 'int8') {
    throw wrongUsage(`The form matmulinteger is for int8, not for ${dtype}; choose qdq or matmulnbits.`);
  }
  const quantized: QuantizedOptions = { bits: dtype === 'int8' ? 8 : 4, form, blockSize, accuracyLevel };
  return quantizedGraph(graph, weights, quantized);
}

function wrongUsage(message: string): UserError {
  return new UserError(message, { exitCode: 2 });
}

/** The opset of the newest of the standard's operators in a graph. */
function newestOperator({ nodes }: Pick<Block, 'nodes'>): number {
  return nodes.reduce((newest, { node, bodies }) => {
    const here = (node.operator.domain ?? '') === '' ? lowestVersion(node) : 1;
    return Math.max(newest, here, ...Object.values(bodies).map(newestOperator));
  }, 1);
}
