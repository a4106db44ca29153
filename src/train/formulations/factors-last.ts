import { emitOne, matMul, mul, type Node, producer, type Value } from '../../graph/index.ts';
import { type Formulation, isCallOf } from './formulation.ts';

/**
 * A product of matrices of which one was multiplied with a number as the product, multiplied with the number: runtimes multiply by a
 * number at the end of a product for nothing.
 */
export const factorsLast: Formulation = (node, [left, right], isAdded) => {
  if (!isCallOf('MatMul', node) || left === undefined || right === undefined) return undefined;
  const [a, byA] = withoutFactor(left, isAdded);
  const [b, byB] = withoutFactor(right, isAdded);
  if (a === left && b === right) return undefined;
  const product = matMul(a, b);
  return [byA * byB === 1 ? product : mul(product, byA * byB)];
};

/**
 * A value as another one times a number. The number may stand behind what MatMul's gradient rule does to a factor: rows laid flat, and
 * what the model made transposed. A transposed gradient keeps its number, which its other readers need as well.
 */
function withoutFactor(x: Value, isAdded: (node: Node) => boolean, behind?: Node): readonly [Value, number] {
  const node = producer(x);
  const [value, ...others] = node?.inputs ?? [];
  if (node === undefined || value === undefined) return [x, 1];
  const [number] = others;
  if (isCallOf('Mul', node) && number?.source.kind === 'constant' && number.rank === 0) {
    const isTurned = behind !== undefined && isCallOf('Transpose', behind);
    return isTurned && isAdded(node) ? [x, 1] : [value, Number(number.source.data[0])];
  }
  const isFlat = isCallOf('Reshape', node) && x.rank === 2;
  const isTurned = isCallOf('Transpose', node) && behind === undefined;
  if (!isFlat && !isTurned) return [x, 1];
  const [inner, factor] = withoutFactor(value, isAdded, behind ?? node);
  return inner === value ? [x, 1] : [emitOne(node.operator, [inner, ...others], node.attributes), factor];
}
