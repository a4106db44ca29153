import { add, erf, exp, mul, sub } from '../../graph/index.ts';
import type { Formulation } from './formulation.ts';
import { matched, type Pattern } from './pattern.ts';

/**
 * GELU by u = x / √2: y = u · (1 + erf u) / √2, three passes over the activations where its four operators make five; the factors go
 * into the matrix products before and after it.
 */
export const geluOfRatio: Formulation = (node, inputs) => {
  const gelu = ['Mul', ['Mul', 'x', ['Add', ['Erf', ['Div', 'x', Math.SQRT2]], 1]], 0.5] as const;
  const { x } = matched(gelu, node, inputs) ?? {};
  if (x === undefined) return undefined;
  const u = mul(x, Math.SQRT1_2);
  return [mul(mul(u, add(erf(u), 1)), Math.SQRT1_2)];
};

const slope = 2 / Math.sqrt(Math.PI); // of erf at 0
const g: Pattern = ['Mul', 'gradient', Math.SQRT1_2];
const bell: Pattern = ['Mul', ['Exp', ['Neg', ['Mul', 'u', 'u']]], slope];

/**
 * The gradient of that form, of nine passes by the rules of its operators: g · dy/dx · ½ with 2 · dy/dx = (1 + erf u) + u · 2/√π · exp(−u²),
 * 2/√π in the exponent. The derivative takes five passes, made while u is still in the cache, so two tensors less are kept; g · dy/dx
 * takes one, and ½ goes into the product before it.
 */
export const geluDerivative: Formulation = (node, inputs) => {
  const byRules = ['Mul', ['Add', ['Mul', g, 'twice'], ['Mul', ['Mul', g, 'u'], bell]], Math.SQRT1_2] as const;
  const { gradient, twice, u } = matched(byRules, node, inputs) ?? {};
  if (gradient === undefined || twice === undefined || u === undefined) return undefined;
  const derivative = add(twice, mul(u, exp(sub(Math.log(slope), mul(u, u)))));
  return [mul(mul(gradient, derivative), 0.5)];
};
