import {
  abs,
  add,
  cast,
  concat,
  constant,
  cos,
  cumSum,
  dimensionOf,
  dimensionsOf,
  div,
  equal,
  erf,
  exp,
  expand,
  floor,
  gather,
  gatherElements,
  gelu,
  gemm,
  identity,
  layerNormalization,
  log,
  matMul,
  max,
  min,
  mul,
  neg,
  pow,
  reciprocal,
  reduceMax,
  reduceMean,
  reduceSum,
  reduceSumSquare,
  relu,
  reshape,
  scatterElements,
  sigmoid,
  sin,
  slice,
  softmax,
  split,
  sqrt,
  squeeze,
  stopGradient,
  sub,
  tanh,
  transpose,
  trilu,
  unsqueeze,
  type Value,
  where,
} from '../../src/graph/index.ts';
import { crossEntropy } from '../../src/train/cross-entropy.ts';

export interface Row {
  /** The rule that is tried, by ONNX's name of the operator. */
  readonly operator: string;
  readonly what: string;
  /** One text for each input, such as `batch time 2`. */
  readonly shapes: readonly string[];
  /** Whether the operator wants positive numbers. */
  readonly positive?: boolean;
  readonly apply: (...inputs: Value[]) => Value;
}

type Apply = (x: Value, y: Value, z: Value) => Value;

function row(operator: string, what: string, shapes: Row['shapes'], apply: Apply, positive = false): Row {
  const missing = constant(0); // what an operator of fewer inputs is given and ignores
  return { operator, what, shapes, positive, apply: (x = missing, y = missing, z = missing) => apply(x, y, z) };
}

const unary = (operator: string, apply: (x: Value) => Value, positive = false): Row =>
  row(operator, 'a matrix', ['2 3'], apply, positive);

function binary(operator: string, apply: (x: Value, y: Value) => Value, positive = false): Row[] {
  const shapes: Readonly<Record<string, Row['shapes']>> = {
    'one shape': ['2 3', '2 3'],
    'the second broadcast': ['2 2 3', '2 1'],
    'the first broadcast': ['3', '2 1 3'],
    'both broadcast': ['2 1 3', '4 1'],
    'a scalar': ['2 3', ''],
    'symbols, the second broadcast': ['batch time 2', 'time 1'],
    'symbols, the first broadcast': ['2', 'batch time 2'],
  };
  return Object.entries(shapes).map(([what, pair]) => row(operator, what, pair, apply, positive));
}

const flags = (shape: readonly number[]): Value => {
  const size = shape.reduce((product, length) => product * length, 1);
  return constant(
    Array.from({ length: size }, (_, index) => (index % 3 === 1 ? 1 : 0)),
    'bool',
    shape,
  );
};

const elementwise: readonly Row[] = [
  ...binary('Add', add),
  row('Add', 'a value to itself', ['3'], (x) => add(x, x)),
  ...binary('Sub', sub),
  ...binary('Mul', mul),
  ...binary('Div', div),
  ...binary('Pow', pow, true),
  row('Pow', 'a square of any sign', ['2 3'], (x) => pow(x, 2)),
  row('Pow', 'a cube of any sign', ['2 3'], (x) => pow(x, 3)),
  ...binary('Max', max),
  ...binary('Min', min),
  row('Where', 'one shape', ['2 3', '2 3'], (x, y) => where(flags([2, 3]), x, y)),
  row('Where', 'the choices broadcast', ['3', '2 1'], (x, y) => where(flags([2, 3]), x, y)),
  row('Where', 'the condition broadcast', ['4 2 3', ''], (x, y) => where(flags([2, 1]), x, y)),
  row('Where', 'a number beside it', ['batch 3'], (x) => where(flags([3]), x, -2)),
  unary('Neg', neg),
  unary('Abs', abs),
  unary('Sqrt', sqrt, true),
  unary('Exp', exp),
  unary('Log', log, true),
  unary('Tanh', tanh),
  unary('Erf', erf),
  row('Erf', 'as GELU', ['3 4'], gelu),
  unary('Relu', relu),
  unary('Sigmoid', sigmoid),
  unary('Reciprocal', reciprocal),
  unary('Cos', cos),
  unary('Sin', sin),
  unary('Identity', identity),
  row('Identity', 'a stopped path beside an open one', ['3'], (x) => add(sin(x), stopGradient(equalToOne(x)))),
  row('Cast', 'to float64 and back', ['2 3'], (x) => cast(sin(cast(x, 'float64')), 'float32')),
  row('Floor', 'flat beside a slope', ['2 3'], (x) => add(floor(x), sin(x))),
];

/** Ones that depend on x in form only. */
const equalToOne = (x: Value): Value => cast(equal(x, x), 'float32');

const gemmRows: readonly Row[] = [false, true].flatMap((transA) =>
  [false, true].flatMap((transB) => {
    const factors = [transA ? '3 2' : '2 3', transB ? '4 3' : '3 4'];
    const turns = `${transA ? 'Aᵀ' : 'A'}·${transB ? 'Bᵀ' : 'B'}`;
    return [
      row('Gemm', turns, factors, (a, b) => gemm(a, b, { transA, transB })),
      ...['2 4', '4', '2 1', ''].map((added) =>
        row('Gemm', `${turns} + C (${added})`, [...factors, added], (a, b, c) => gemm(a, b, { c, transA, transB })),
      ),
    ];
  }),
);

const products: readonly Row[] = [
  row('MatMul', 'matrices', ['2 3', '3 4'], matMul),
  row('MatMul', 'a batch and a weight', ['2 2 3', '3 4'], matMul),
  row('MatMul', 'a batch and a weight with symbols', ['batch time 3', '3 4'], matMul),
  row('MatMul', 'two batches', ['2 2 3', '2 3 4'], matMul),
  row('MatMul', 'two batches of heads with symbols', ['batch 2 time 3', 'batch 2 3 time'], matMul),
  row('MatMul', 'a matrix and a batch', ['2 3', '2 3 4'], matMul),
  row('MatMul', 'one matrix as a batch', ['2 2 3', '1 3 4'], matMul),
  row('MatMul', 'batches that broadcast both ways', ['2 1 2 3', '4 3 2'], matMul),
  row('MatMul', 'a transposed weight', ['2 2 3', '4 3'], (x, y) => matMul(x, transpose(y))),
  row('MatMul', 'a value with itself', ['3 3'], (x) => matMul(x, transpose(x))),
  row('MatMul', 'a weight used twice', ['2 3', '3 3'], (x, y) => matMul(matMul(x, y), y)),
  ...gemmRows,
];

const wide = ['batch time 6'];

const shape: readonly Row[] = [
  row('Reshape', 'numbers', ['2 6'], (x) => reshape(x, [3, 4])),
  row('Reshape', 'into heads', wide, (x) => reshape(x, ['batch', 'time', 2, 3])),
  row('Reshape', 'into rows', wide, (x) => reshape(x, [-1, 6])),
  row('Reshape', 'into one axis', wide, (x) => reshape(x, [-1])),
  row('Transpose', 'reversed', ['2 3 4'], (x) => transpose(x)),
  row('Transpose', 'turned around', ['2 3 4'], (x) => transpose(x, [1, 2, 0])),
  row('Transpose', 'heads before time', ['batch time 2 2'], (x) => transpose(x, [0, 2, 1, 3])),
  row('Squeeze', 'first and last', ['1 3 1'], (x) => squeeze(x, [0, -1])),
  row('Unsqueeze', 'first and last', ['time 2'], (x) => unsqueeze(x, [0, -1])),
  row('Expand', 'new and old axes', ['3 1'], (x) => expand(x, constant([2, 3, 4], 'int64'))),
  row('Expand', 'like another', ['time 1', 'batch time 2'], (x, y) => mul(y, expand(x, dimensionsOf(y)))),
  row('Concat', 'numbers', ['2 3', '2 1'], (x, y) => concat([x, y], { axis: -1 })),
  row('Concat', 'symbols', ['batch time 2', 'batch 1 2'], (x, y) => concat([x, y, x], { axis: 1 })),
  row('Split', 'all parts used', ['2 6'], (x) => partsAdded(split(x, [2, 2, 2], { axis: 1 }))),
  row('Split', 'one part unused', ['batch 6'], (x) => partsAdded(split(x, [2, 1, 3], { axis: -1 }).slice(0, 1))),
  row('Slice', 'the beginning', ['4 2'], (x) => slice(x, { axis: 0, end: 3 })),
  row('Slice', 'the end', ['4 2'], (x) => slice(x, { axis: 0, start: 1 })),
  row('Slice', 'the middle of two axes', ['4 5'], (x) =>
    slice(x, { axis: 0, start: 1, end: 3 }, { axis: 1, start: 2, end: 4 }),
  ),
  row('Slice', 'from the end', ['batch 4'], (x) => slice(x, { axis: -1, start: -3, end: -1 })),
  row('Slice', 'the last of a symbol', ['batch time 2'], (x) => slice(x, { axis: 1, start: -1, length: 1 })),
  row('Slice', 'as long as another', ['5 2', 'batch time 2'], (x, y) =>
    add(y, slice(x, { axis: 0, end: dimensionOf(y, 1) })),
  ),
  row('Slice', 'as long as another along two axes', ['4 5', 'batch time'], (x, y) =>
    add(y, slice(x, { axis: 0, end: dimensionOf(y, 0) }, { axis: 1, end: dimensionOf(y, 1) })),
  ),
  row('Slice', 'as long as another along one of two axes', ['4 5', 'batch 4'], (x, y) =>
    add(y, slice(x, { axis: 0, end: dimensionOf(y, 0) }, { axis: 1, start: 1 })),
  ),
  row('Trilu', 'lower', ['3 3'], (x) => trilu(x)),
  row('Trilu', 'a batch, above the diagonal', ['2 3 4'], (x) => trilu(x, { upper: true, k: 1 })),
  row('Trilu', 'below the diagonal', ['3 3'], (x) => trilu(x, { k: -1 })),
];

const partsAdded = (parts: readonly Value[]): Value => parts.map((part, index) => mul(part, index + 1)).reduce(add);

const reductions = {
  ReduceSum: reduceSum,
  ReduceMean: reduceMean,
  ReduceMax: reduceMax,
  ReduceSumSquare: reduceSumSquare,
};

const together: readonly Row[] = [
  ...Object.entries(reductions).flatMap(([operator, reduce]) => [
    row(operator, 'all', ['2 3'], (x) => reduce(x)),
    row(operator, 'the last axis', ['2 3'], (x) => reduce(x, { axes: [-1] })),
    row(operator, 'two axes, kept', ['2 3 4'], (x) => reduce(x, { axes: [0, 2], keepDims: true })),
    row(operator, 'symbols, all', ['batch time'], (x) => reduce(x)),
    row(operator, 'symbols, the first axis', ['batch time 2'], (x) => reduce(x, { axes: [0] })),
    row(operator, 'symbols, the last axis kept', ['batch time 2'], (x) => reduce(x, { axes: [2], keepDims: true })),
  ]),
  row('Softmax', 'the last axis', ['batch time 4'], (x) => softmax(x)),
  row('Softmax', 'the first axis', ['3 2'], (x) => softmax(x, { axis: 0 })),
  row('Softmax', 'a symbol', ['batch time 2'], (x) => softmax(x, { axis: 1 })),
  row('Softmax', 'with masked places', ['3 3'], (x) => softmax(where(equal(trilu(ones), 0), -Infinity, x))),
  row('Softmax', 'of a product, as in attention', ['batch time 2'], (x) =>
    matMul(softmax(matMul(x, transpose(x, [0, 2, 1]))), x),
  ),
  row('CumSum', 'the last axis', ['2 4'], (x) => cumSum(x, constant(-1, 'int32'))),
  row('CumSum', 'the first axis, without the element', ['4 2'], (x) =>
    cumSum(x, constant(0, 'int32'), { exclusive: true }),
  ),
  row('LayerNormalization', 'scale and bias', ['batch time 4', '4', '4'], layerNormalization),
  row('LayerNormalization', 'scale alone', ['3 4', '4'], (x, scale) => layerNormalization(x, scale, undefined)),
  row('LayerNormalization', 'of a vector', ['4', '4', '4'], layerNormalization),
];

const ones = constant(new Array(9).fill(1), 'float32', [3, 3]);
const indices = (numbers: readonly number[], dimensions: readonly number[]): Value =>
  constant(numbers, 'int32', dimensions);
const shifted = indices([1, 0, 2, 2, 0, 1], [2, 3]);

const indexing: readonly Row[] = [
  row('Gather', 'rows, some twice', ['4 2'], (x) => gather(x, indices([3, 0, 3, 1, 1, 3], [2, 3]))),
  row('Gather', 'one row', ['4 2'], (x) => gather(x, indices([2], []))),
  row('Gather', 'rows by int64', ['4 2'], (x) => gather(x, constant([3, 3, 1], 'int64'))),
  row('Gather', 'rows of a large table', ['1100 1'], (x) => gather(x, indices([0, 1099, 7, 7], [2, 2]))),
  row('GatherElements', 'the last axis', ['2 3'], (x) => gatherElements(x, shifted, { axis: 1 })),
  row('GatherElements', 'the last axis of a batch', ['2 2 3'], (x) =>
    gatherElements(x, indices([1, 1, 0, 2], [2, 2, 1]), { axis: -1 }),
  ),
  row('GatherElements', 'as in cross-entropy', ['2 3 4'], (x) => crossEntropy(x, indices([0, 3, 1, 1, 2, 0], [2, 3]))),
  row('ScatterElements', 'added, some twice', ['2 4', '2 3'], (x, y) =>
    scatterElements(x, indices([1, 1, 3, 0, 2, 2], [2, 3]), y, { axis: 1, reduction: 'add' }),
  ),
];

export const rows: readonly Row[] = [...elementwise, ...products, ...shape, ...together, ...indexing];
