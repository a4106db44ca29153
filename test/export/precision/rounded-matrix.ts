import { Float16Array } from '@petamoriken/float16';
import { productWeights } from '../../../src/export/precision/product-weights.ts';
import { type QuantizedMatrix, quantize } from '../../../src/export/precision/quantize.ts';
import type { Graph } from '../../../src/graph/index.ts';
import type { Weights } from '../../../src/programs/parameters.ts';

/** The numbers that a quantised matrix stands for, (rows, columns). */
export function roundedMatrix({ columns, rows, axis, blockSize, values, scales }: QuantizedMatrix): Float32Array {
  const blocks = Math.ceil((axis === 0 ? rows : columns) / blockSize);
  return Float32Array.from(values, (value, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    const place =
      axis === 0 ? Math.floor(row / blockSize) * columns + column : row * blocks + Math.floor(column / blockSize);
    return value * (scales[place] ?? 0);
  });
}

/** What the weights of a graph's products are once they are rounded: for a float32 program that must compute the same. */
export function roundedWeights(graph: Graph, weights: Weights, bits: 4 | 8, blockSize: number): Weights {
  const rounded = new Map(weights);
  for (const { name, shape, axis } of productWeights(graph).values()) {
    const [rows, columns] = shape;
    const data = weights.get(name) ?? new Float32Array();
    const matrix = quantize(data, { rows, columns, axis, bits: axis === 1 ? 8 : bits, blockSize });
    rounded.set(name, roundedMatrix(matrix));
  }
  return rounded;
}

/** The weights that have more than one dimension, as float16 holds them. */
export function halfWeights(graph: Graph, weights: Weights): Weights {
  const matrices = new Set(graph.parameters.flatMap(({ name, value }) => (value.rank > 1 ? [name] : [])));
  return new Map(
    [...weights].map(([name, data]) => [name, matrices.has(name) ? Float32Array.from(new Float16Array(data)) : data]),
  );
}
