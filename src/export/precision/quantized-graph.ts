import { UserError } from '../../errors.ts';
import { type Graph, type Node, rewrite, type Value } from '../../graph/index.ts';
import type { Weights } from '../../programs/parameters.ts';
import { type ProductWeight, productWeights, weightOf } from './product-weights.ts';
import { quantize } from './quantize.ts';
import { dequantizedWeight, integerWeight, packedWeight, type QuantizedWeight } from './quantized-weight.ts';

/** How a graph computes with weights of few bits. */
export type QuantizedForm = 'qdq' | 'matmulnbits' | 'matmulinteger';

export interface QuantizedOptions {
  readonly bits: 4 | 8;
  readonly form: QuantizedForm;
  /** How many weights share a scale, along the axis that a product sums over; a power of 2 from 16 on. */
  readonly blockSize: number;
  /** For `matmulnbits` only; see `matMulNBits`. */
  readonly accuracyLevel: 0 | 1 | 2 | 4;
}

/**
 * A graph whose matrix products read weights of few bits. What no product reads (the position table, LayerNorms, biases, a token table
 * that is only looked up) stays float32: it is small, costs no time, and errors in it would reach everything. A table that is read
 * both by its rows and, transposed, by the output layer has 8 bits even where the others have 4.
 * @returns the graph, and the names of the weights that are stored so.
 * @throws UserError when a weight is not finite
 */
export function quantizedGraph(
  graph: Graph,
  weights: Weights,
  options: QuantizedOptions,
): { graph: Graph; converted: readonly string[] } {
  const byName = new Map<string, { weight: ProductWeight; stored: QuantizedWeight }>();
  const found = [...productWeights(graph).values()];
  // ONNX Runtime (1.30) does not find MatMulNBits' weights two loops up: it would unpack them anew at each call.
  const form = options.form === 'matmulnbits' && found.some(({ depth }) => depth > 1) ? 'qdq' : options.form;
  for (const weight of found) {
    byName.set(weight.name, { weight, stored: storedWeight(weight, dataOf(weight, weights), { ...options, form }) });
  }
  const storedOf = (value: Value | undefined): QuantizedWeight | undefined =>
    value?.source.kind === 'parameter' ? byName.get(value.source.name)?.stored : undefined;
  const rules: Readonly<Record<string, (node: Node, stored: QuantizedWeight) => Value | undefined>> = {
    Transpose: ({ attributes: { perm } }, { transposed }) => (`${perm}` === '1,0' ? transposed?.() : undefined),
    Gather: ({ inputs: [, indices], attributes: { axis } }, { rows }) =>
      axis === 0 && indices !== undefined ? rows?.(indices) : undefined,
  };
  const rewritten = rewrite(graph, {
    leaf: (value) => storedOf(value)?.whole?.(),
    node: (node, [x]) => {
      const read = weightOf(node);
      const known = read && byName.get(read.name);
      const value =
        known !== undefined && x !== undefined && known.weight.axis === read?.axis
          ? known.stored.product?.(x)
          : undefined;
      const stored = storedOf(node.inputs[0]);
      const result = value ?? (stored && rules[node.operator.name]?.(node, stored));
      return result && [result];
    },
  });
  return { graph: rewritten, converted: [...byName.keys()] };
}

function dataOf({ name, shape: [rows, columns] }: ProductWeight, weights: Weights): Float32Array {
  const data = weights.get(name);
  if (data === undefined) throw new UserError(`There are no weights for the parameter ${name}.`);
  if (data.length !== rows * columns) {
    throw new UserError(`The parameter ${name} has ${rows * columns} elements, but its weights have ${data.length}.`);
  }
  const bad = data.find((number) => !Number.isFinite(number));
  if (bad === undefined) return data;
  throw new UserError(`The weights of ${name} hold ${bad}, which whole numbers can't stand for: write them in fp32.`);
}

function storedWeight(
  { name, shape: [rows, columns], axis }: ProductWeight,
  data: Float32Array,
  options: QuantizedOptions,
): QuantizedWeight {
  const { form, accuracyLevel } = options;
  const inner = axis === 0 ? rows : columns;
  const bits = axis === 1 ? 8 : options.bits;
  const blockSize = form === 'matmulinteger' ? inner : fittingBlock(options.blockSize, inner);
  const matrix = quantize(data, { rows, columns, axis, bits, blockSize });
  if (form === 'qdq') return dequantizedWeight(name, matrix);
  return form === 'matmulnbits' ? packedWeight(name, matrix, accuracyLevel) : integerWeight(name, matrix);
}

/** No block is longer than it must be to hold the whole axis. */
function fittingBlock(blockSize: number, length: number): number {
  let size = blockSize;
  while (size > 16 && size / 2 >= length) size /= 2;
  return size;
}
