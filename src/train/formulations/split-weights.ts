import { add, matMul, split, type Value } from '../../graph/index.ts';
import { type Formulation, madeBy } from './formulation.ts';

/**
 * Split(x·W + b) as a product with each part of W: a weight is smaller than the activations, which then are neither cut apart
 * forward nor joined again back.
 */
export const splitWeights: Formulation = (node, [joined]) => {
  if (node.operator.name !== 'Split' || joined === undefined) return undefined;
  if (Number(node.attributes.axis) !== -1 && Number(node.attributes.axis) !== joined.rank - 1) return undefined;
  const sum = madeBy('Add', joined);
  const [x, weight] = madeBy('MatMul', sum?.inputs[0] ?? joined)?.inputs ?? [];
  const bias = sum?.inputs[1];
  if (x === undefined || weight?.rank !== 2 || (sum !== undefined && bias?.rank !== 1)) return undefined;
  const sizes = node.outputs.map((part) => Number(part.shape.at(-1)));
  const biases: readonly (Value | undefined)[] = bias === undefined ? [] : split(bias, sizes, { axis: 0 });
  return split(weight, sizes, { axis: -1 }).map((part, index) => {
    const product = matMul(x, part);
    const shift = biases[index];
    return shift === undefined ? product : add(product, shift);
  });
};
