import { add, div, erf, mul, tanh } from './calls/elementwise.ts';
import { emitOne } from './emit.ts';
import type { Value } from './value.ts';

/** The exact Gaussian error linear unit, x · Φ(x) (Hendrycks & Gimpel 2016), in operators of every opset; runtimes fuse it. */
export function gelu(x: Value): Value {
  return mul(mul(x, add(erf(div(x, Math.SQRT2)), 1)), 0.5);
}

/** GELU by tanh, as GPT-2 has it: ½·x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) (Hendrycks & Gimpel 2016, section 2). */
export function geluByTanh(x: Value): Value {
  const inner = mul(add(x, mul(mul(mul(x, x), x), 0.044715)), Math.sqrt(2 / Math.PI));
  return mul(mul(x, add(tanh(inner), 1)), 0.5);
}

/** The value itself, but a constant in the eyes of gradients. An Identity whose hint is not written to files. */
export function stopGradient(x: Value): Value {
  return emitOne('Identity', [x], { stopGradient: 1 });
}
