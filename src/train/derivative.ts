import type { Value } from '../graph/index.ts';

/** How y depends on x, element by element: dy/dx = derivative · factor. */
export interface KnownDerivative {
  readonly by: Value;
  /** In the shape of y. */
  readonly derivative: Value;
  /** Kept apart, so that a matrix product on the way can take it in. */
  readonly factor: number;
}

const known = new WeakMap<Value, KnownDerivative>();

/** Tells gradients the whole derivative of an elementwise function, where that is cheaper than the rules of what y is made of. Returns y. */
export function rememberDerivative(y: Value, derivative: KnownDerivative): Value {
  known.set(y, derivative);
  return y;
}

export function knownDerivative(y: Value | undefined): KnownDerivative | undefined {
  return y === undefined ? undefined : known.get(y);
}
