import type { ElementType } from '../../src/graph/index.ts';
import { broadcastShape, broadcastTo, type Kernel } from './interpreter-tensor.ts';

/** erf(x) = 2/√π · e^(−x²) · Σ 2ⁿx²ⁿ⁺¹/(2n+1)!!: no terms of different sign cancel, so it is exact to the last digits. */
export function errorFunction(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** The elements of an input that an operator hasn't got. */
const none = new Float64Array(0);

const unary =
  (f: (x: number) => number): Kernel =>
  ([x]) => [{ shape: x.shape, data: x.data.map(f) }];

const broadcasting =
  (f: (x?: number, y?: number, z?: number) => number, onIntegers = f): Kernel =>
  (inputs, node) => {
    const shape = broadcastShape(...inputs.map((input) => input.shape));
    const [x = none, y = none, z = none, ...more] = inputs.map((input) => broadcastTo(input, shape).data);
    if (more.length > 0) throw new Error(`${node.operator.name} has more than three inputs`);
    const apply = node.outputs[0]?.type.startsWith('int') === true ? onIntegers : f;
    const data = new Float64Array(x.length);
    for (let index = 0; index < data.length; index++) data[index] = apply(x[index], y[index], z[index]);
    return [{ shape, data }];
  };

const truth = (f: (x: number, y: number) => boolean): Kernel => broadcasting((x = 0, y = 0) => (f(x, y) ? 1 : 0));

const binary = (f: (x: number, y: number) => number, onIntegers = f): Kernel =>
  broadcasting(
    (x = 0, y = 0) => f(x, y),
    (x = 0, y = 0) => onIntegers(x, y) | 0,
  );

/** What a Cast does to a number; all floating-point types stay float64. */
const casts: Partial<Record<ElementType, (x: number) => number>> = {
  int32: (x) => Math.trunc(x) | 0,
  int64: Math.trunc,
  bool: (x) => (x === 0 ? 0 : 1),
};

const castKernel: Kernel = ([x], { outputs }) => {
  const change = casts[outputs[0]?.type ?? 'float64'] ?? ((element: number) => element);
  return [{ shape: x.shape, data: x.data.map(change) }];
};

/** Operators that work on each element by itself. Integer arithmetic wraps at 32 bits, as int32 does. */
export const elementwiseKernels: Readonly<Record<string, Kernel>> = {
  Neg: unary((x) => -x),
  Abs: unary(Math.abs),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Tanh: unary(Math.tanh),
  Erf: unary(errorFunction),
  Relu: unary((x) => Math.max(x, 0)),
  Sigmoid: unary((x) => 1 / (1 + Math.exp(-x))),
  Cos: unary(Math.cos),
  Sin: unary(Math.sin),
  Reciprocal: unary((x) => 1 / x),
  Floor: unary(Math.floor),
  Not: unary((x) => 1 - x),
  Identity: ([x]) => [x],
  Cast: castKernel,
  Add: binary((x, y) => x + y),
  Sub: binary((x, y) => x - y),
  Mul: binary((x, y) => x * y, Math.imul),
  Div: binary(
    (x, y) => x / y,
    (x, y) => Math.trunc(x / y),
  ),
  Pow: binary(Math.pow),
  Max: binary(Math.max),
  Min: binary(Math.min),
  Equal: truth((x, y) => x === y),
  Greater: truth((x, y) => x > y),
  GreaterOrEqual: truth((x, y) => x >= y),
  Less: truth((x, y) => x < y),
  LessOrEqual: truth((x, y) => x <= y),
  And: truth((x, y) => x + y === 2),
  Or: truth((x, y) => x + y > 0),
  Where: broadcasting((condition = 0, chosen = 0, other = 0) => (condition === 1 ? chosen : other)),
};
