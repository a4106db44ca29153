import { matMul, transpose } from '../../graph/index.ts';
import { type Formulation, isCallOf, listOf, madeBy } from './formulation.ts';

/**
 * (L·R)ᵀ as Rᵀ·Lᵀ, so that no tensor is moved: the gradient of a table that is used turned. ONNX Runtime is slow to open a file where a
 * turned product is added to another. A product that the model itself needs stays, or it would be made twice.
 */
export const turnedFactors: Formulation = (node, [x], isAdded) => {
  if (!isCallOf('Transpose', node) || listOf('perm', node) !== '1,0') return undefined;
  const product = madeBy('MatMul', x);
  const [left, right] = product?.inputs ?? [];
  if (product === undefined || !isAdded(product) || left?.rank !== 2 || right?.rank !== 2) return undefined;
  return [matMul(transpose(right), transpose(left))];
};
