import { emitOne } from './emit.ts';
import { add, erf, identityOperator, mul } from './operators/elementwise.ts';
import type { Value } from './value.ts';

/** The exact Gaussian error linear unit, x · Φ(x) (Hendrycks & Gimpel 2016), in operators of every opset; runtimes fuse it. */
export function gelu(x: Value): Value {
  return mul(mul(x, add(erf(mul(x, Math.SQRT1_2)), 1)), 0.5);
}

/** The value itself, but a constant in the eyes of gradients. An Identity whose hint is not written to files. */
export function stopGradient(x: Value): Value {
  return emitOne(identityOperator, [x], { stopGradient: 1 });
}
