import * as graph from '../../../src/graph/index.ts';
import { producer } from '../../../src/graph/index.ts';
import { fold, type NumberArray, permuted, product, sum, zip } from '../../support/number-array.ts';
import { B, floats, type Given, type Row, table } from './row.ts';

const { rows, row } = table();

row(
  'matMul',
  'a batch with one matrix',
  [floats(B), floats([4, 5], -1, 1, 4)],
  graph.matMul,
  ['float32', ['batch', 'time', 5]],
  product,
);
row(
  'matMul',
  'batches that broadcast',
  [floats(['batch', 1, 'time', 4]), floats([2, 4, 'time'], -1, 1, 4)],
  graph.matMul,
  ['float32', ['batch', 2, 'time', 'time']],
  product,
);
row(
  'matMul',
  'a matrix with a batch',
  [floats(['time', 'past']), floats(['batch', 'past', 4], -1, 1, 4)],
  graph.matMul,
  ['float32', B],
  product,
);
for (const [transA, transB] of [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const) {
  const [a, b] = [floats(transA ? [4, 'batch'] : ['batch', 4]), floats(transB ? [3, 4] : [4, 3], -1, 1, 4)];
  const flat = (x: NumberArray, transposed: boolean): NumberArray => (transposed ? permuted(x, [1, 0]) : x);
  row(
    'gemm',
    `A${transA ? 'ᵀ' : ''}·B${transB ? 'ᵀ' : ''}`,
    [a, b],
    (x, y) => graph.gemm(x, y, { transA, transB }),
    ['float32', ['batch', 3]],
    (x, y) => product(flat(x, transA), flat(y, transB)),
  );
}
row(
  'gemm',
  'with C',
  [floats(['batch', 4]), floats([4, 3]), floats([3])],
  (a, b, c) => graph.gemm(a, b, { c }),
  ['float32', ['batch', 3]],
  (a, b, c) => zip((x, y) => x + y, product(a, b), c),
);

const softmaxOf =
  (axis: number) =>
  (x: NumberArray): NumberArray => {
    const powers = zip(Math.exp, x);
    return zip((power, total) => power / total, powers, fold(powers, [axis], true, sum));
  };
row('softmax', 'along the last axis', [floats(B)], (x) => graph.softmax(x), ['float32', B], softmaxOf(2));
row('softmax', 'along another', [floats(B)], (x) => graph.softmax(x, { axis: 1 }), ['float32', B], softmaxOf(1));
const mean = (numbers: readonly number[]): number => sum(numbers) / numbers.length;
const normalized = (x: NumberArray, epsilon: number): NumberArray => {
  const centred = zip((a, b) => a - b, x, fold(x, [2], true, mean));
  const variance = fold(
    zip((a) => a * a, centred),
    [2],
    true,
    mean,
  );
  return zip((a, b) => a / Math.sqrt(b + epsilon), centred, variance);
};
row(
  'layerNormalization',
  'scaled',
  [floats(B), floats([4], 1, 2)],
  (x, scale) => graph.layerNormalization(x, scale, undefined),
  ['float32', B],
  (x, scale) => zip((a, b) => a * b, normalized(x, 1e-5), scale),
);
row(
  'layerNormalization',
  'scaled and shifted',
  [floats(B), floats([4], 1, 2), floats([4])],
  (x, scale, bias) => graph.layerNormalization(x, scale, bias, { epsilon: 0.1 }),
  ['float32', B],
  (x, scale, bias) => zip((a, b, c) => a * b + c, normalized(x, 0.1), scale, bias),
);

const wide = (given: Given): Given => ({ ...given, type: 'float64' });
rows.push({
  operator: 'layerNormalization',
  what: 'float64, with its statistics, which are float32 whatever the input is',
  inputs: [wide(floats(B)), wide(floats([4], 1, 2))],
  call: (x, scale) => producer(graph.layerNormalization(x, scale, undefined))?.outputs ?? [],
  yields: [
    ['float64', B],
    ['float32', ['batch', 'time', 1]],
    ['float32', ['batch', 'time', 1]],
  ],
  expected: (x, scale) => {
    const means = fold(x, [2], true, mean);
    const variances = fold(
      zip((a, b) => (a - b) ** 2, x, means),
      [2],
      true,
      mean,
    );
    return [zip((a, b) => a * b, normalized(x, 1e-5), scale), means, zip((a) => 1 / Math.sqrt(a + 1e-5), variances)];
  },
});

/** Products, and what normalizes rows. */
export const matrixRows: readonly Row[] = rows;
