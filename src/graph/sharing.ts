import { sameShape } from './dimensions.ts';
import type { Value } from './value.ts';

let shared: Map<string, Value> | undefined;

/**
 * Runs a definition in which parameters of one name are one value, so that a graph may go through a model more than once (for a
 * prompt, then inside a loop) on the same weights.
 */
export function sharingParameters<Result>(define: () => Result): Result {
  const outer = shared;
  shared ??= new Map();
  try {
    return define();
  } finally {
    shared = outer;
  }
}

/** The parameter that was made before under this name, where parameters are shared and it has the same shape; else a new one. */
export function sharedParameter(name: string, make: () => Value): Value {
  const made = make();
  const before = shared?.get(name);
  if (before !== undefined && sameShape(before.shape, made.shape)) return before;
  shared?.set(name, made);
  return made;
}
