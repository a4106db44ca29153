import { add, erf, exp, mul, sub } from '../../graph/index.ts';
import { rememberDerivative } from '../derivative.ts';
import { type Formulation, isNumber, madeBy } from './formulation.ts';

/**
 * GELU by u = x / √2: y = u · (1 + erf u) / √2, and dy/dx = ½ · (1 + erf u + u · 2/√π · exp(−u²)). The factors go into the matrix
 * products before and after it, 2/√π into the exponent: three passes over the activations forward, five for the derivative, made
 * while u is still in the cache, and one back; by the operators' own rules it is four and nine, and two tensors more are kept.
 */
export const geluByDerivative: Formulation = (node, [product, half]) => {
  if (node.operator.name !== 'Mul' || !isNumber(half, 0.5)) return undefined;
  const [x, shifted] = madeBy('Mul', product)?.inputs ?? [];
  const [error, one] = madeBy('Add', shifted)?.inputs ?? [];
  const [ratio, root] = madeBy('Div', madeBy('Erf', error)?.inputs[0])?.inputs ?? [];
  if (x === undefined || ratio !== x || !isNumber(one, 1) || !isNumber(root, Math.SQRT2)) return undefined;
  const u = mul(x, Math.SQRT1_2);
  const twice = add(erf(u), 1); // 2Φ(x)
  const bell = exp(sub(Math.log(2 / Math.sqrt(Math.PI)), mul(u, u))); // 2/√π · exp(−u²)
  const y = mul(mul(u, twice), Math.SQRT1_2);
  return [rememberDerivative(y, { by: x, derivative: add(twice, mul(u, bell)), factor: 0.5 })];
};
