import type { Node } from '../../src/graph/index.ts';
import { listOf } from './interpreter-shape.ts';
import {
  alongAxis,
  at,
  broadcastShape,
  broadcastStrides,
  elementsAt,
  type Kernel,
  offsets,
  pick,
  positive,
  sizeOf,
  stridesOf,
  type Tensor,
} from './interpreter-tensor.ts';

const sum = (elements: Float64Array): number => elements.reduce((total, element) => total + element, 0);

const reduction =
  (fold: (elements: Float64Array) => number): Kernel =>
  ([x], node) => {
    const axes = listOf(node, 'axes').map((axis) => positive(axis, x.shape.length));
    const strides = stridesOf(x.shape);
    const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
    const within = offsets(
      axes.map((axis) => at(x.shape, axis)),
      axes.map((axis) => at(strides, axis)),
    );
    const data = new Float64Array(sizeOf(kept));
    for (const [index, start] of offsets(kept, strides).entries()) {
      data[index] = fold(elementsAt(x.data, within, start));
    }
    const shape = node.attributes.keepdims === 1 ? kept : kept.filter((_, axis) => !axes.includes(axis));
    return [{ shape, data }];
  };

const axisOf = (x: Tensor, node: Node): number => positive(Number(node.attributes.axis), x.shape.length);

const softmaxKernel: Kernel = ([x], node) => [
  alongAxis(x, axisOf(x, node), (line) => {
    const largest = Math.max(...line);
    const powers = line.map((element) => Math.exp(element - largest));
    const total = sum(powers);
    return powers.map((power) => power / total);
  }),
];

const cumSumKernel: Kernel = ([x, axis], node) => [
  alongAxis(x, positive(axis?.data[0] ?? 0, x.shape.length), (line) => {
    let total = 0;
    return line.map((element) => {
      const before = total;
      total += element;
      return node.attributes.exclusive === 1 ? before : total;
    });
  }),
];

const argMaxKernel: Kernel = ([x], node) => {
  const axis = axisOf(x, node);
  const { shape, data } = alongAxis(x, axis, (line) => [line.indexOf(Math.max(...line))]);
  return [{ shape: node.attributes.keepdims === 1 ? shape : shape.filter((_, position) => position !== axis), data }];
};

/** Outputs: the normalized tensor, the means and the inverse standard deviations. */
const layerNormalizationKernel: Kernel = ([x, scale, bias], node) => {
  const last = x.shape.length - 1;
  const epsilon = Number(node.attributes.epsilon);
  const statistics = (line: Float64Array): [mean: number, deviation: number] => {
    const mean = sum(line) / line.length;
    const variance = sum(line.map((element) => (element - mean) ** 2)) / line.length;
    return [mean, 1 / Math.sqrt(variance + epsilon)];
  };
  const normalized = alongAxis(x, last, (line) => {
    const [mean, deviation] = statistics(line);
    return line.map(
      (element, index) => (element - mean) * deviation * (scale?.data[index] ?? 1) + (bias?.data[index] ?? 0),
    );
  });
  const one = (index: 0 | 1): Tensor => alongAxis(x, last, (line) => [statistics(line)[index]]);
  return [normalized, one(0), one(1)];
};

function product(a: Tensor, b: Tensor | undefined): Tensor {
  if (b === undefined) throw new Error('a product needs two factors');
  const [rows, inner] = a.shape.slice(-2) as [number, number];
  const [otherInner, columns] = b.shape.slice(-2) as [number, number];
  if (inner !== otherInner) throw new Error(`a matrix of ${inner} columns times one of ${otherInner} rows`);
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  const startsOf = ({ shape }: Tensor): Int32Array =>
    offsets(batch, broadcastStrides(shape.slice(0, -2), batch)).map((matrix) => matrix * sizeOf(shape.slice(-2)));
  const [ofA, ofB] = [startsOf(a), startsOf(b)];
  const [left, right] = [a.data, b.data];
  const data = new Float64Array(sizeOf(batch) * rows * columns);
  for (let position = 0; position < data.length; position++) {
    const matrix = Math.floor(position / (rows * columns));
    const row = at(ofA, matrix) + (Math.floor(position / columns) % rows) * inner;
    const column = at(ofB, matrix) + (position % columns);
    let total = 0;
    for (let k = 0; k < inner; k++)
      total += (left[row + k] ?? Number.NaN) * (right[column + k * columns] ?? Number.NaN);
    data[position] = total;
  }
  return { shape: [...batch, rows, columns], data };
}

function turned(matrix: Tensor, turn: boolean): Tensor {
  const [rows, columns] = matrix.shape as [number, number];
  if (!turn) return matrix;
  return pick(matrix, [columns, rows], [1, columns]);
}

const gemmKernel: Kernel = ([a, b, c], { attributes: { alpha, beta, transA, transB } }) => {
  if (b === undefined) throw new Error('Gemm has no second factor');
  const { shape, data } = product(turned(a, transA === 1), turned(b, transB === 1));
  const added = c === undefined ? undefined : offsets(shape, broadcastStrides(c.shape, shape)).entries();
  const result = data.map((element) => element * Number(alpha ?? 1));
  for (const [index, place] of added ?? [])
    result[index] = at(result, index) + Number(beta ?? 1) * at(c?.data ?? [], place);
  return [{ shape, data: result }];
};

/** Operators that bring elements together. */
export const reductionKernels: Readonly<Record<string, Kernel>> = {
  ReduceSum: reduction(sum),
  ReduceMean: reduction((elements) => sum(elements) / elements.length),
  ReduceMax: reduction((elements) => Math.max(...elements)),
  ReduceSumSquare: reduction((elements) => sum(elements.map((element) => element ** 2))),
  ArgMax: argMaxKernel,
  Softmax: softmaxKernel,
  CumSum: cumSumKernel,
  LayerNormalization: layerNormalizationKernel,
  MatMul: ([a, b]) => [product(a, b)],
  Gemm: gemmKernel,
};
