import { matMul, reshape, transpose, type Value } from '../../graph/index.ts';
import { type Formulation, isCallOf, listOf, madeBy } from './formulation.ts';

/** So many columns of a product ONNX Runtime's CPU kernel makes with one turn of a transposed left factor; then it turns it anew. */
const columnsForOneTurn = 128;

/**
 * Aᵀ·g over all rows, the gradient of a weight. A factor that the kernel would have to turn again and again is turned once
 * beforehand: the narrower of the two, which for g gives the gradient's transpose.
 */
export const narrowerFactorTurned: Formulation = (node, [left, g]) => {
  const turn = isCallOf('MatMul', node) ? madeBy('Transpose', left) : undefined;
  const a = turn?.inputs[0];
  if (a === undefined || g === undefined || listOf('perm', turn) !== '1,0' || g.rank !== 2) return undefined;
  const [depth, width] = [a.shape[1], g.shape[1]];
  if (typeof depth !== 'number' || typeof width !== 'number') return undefined;
  if (width >= depth) return beforeRows(a) === a ? undefined : [matMul(columns(beforeRows(a)), g)];
  return width > columnsForOneTurn ? [transpose(matMul(columns(beforeRows(g)), a))] : undefined;
};

/** What was laid flat, (…, C), to become a matrix of rows, (rows, C); or the matrix itself. */
function beforeRows(matrix: Value): Value {
  const before = madeBy('Reshape', matrix)?.inputs[0];
  return before !== undefined && before.rank > 2 && before.shape.at(-1) === matrix.shape[1] ? before : matrix;
}

const turned = new WeakMap<Value, Value>();

/** All rows beside each other: (…, C) → (C, rows), once for all who ask. The Reshape keeps it from being taken into the product. */
function columns(x: Value): Value {
  if (x.rank === 2) return transpose(x);
  const last = x.rank - 1;
  const others = Array.from({ length: last }, (_, axis) => axis);
  const made = turned.get(x) ?? reshape(transpose(x, [last, ...others]), [x.shape[last] ?? 1, -1]);
  turned.set(x, made);
  return made;
}
