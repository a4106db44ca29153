import { sameShape, type Value } from '../../graph/index.ts';

/** Σ g·of along the last axis, which stays with length 1. */
interface RowSum {
  readonly of: Value;
  readonly sum: Value;
}

const known = new WeakMap<Value, RowSum>();

/**
 * Remembers, for a gradient g by `of`, where Σ g·of of each row can be had from smaller tensors: softmax's rule wants it.
 * For o = w·v it is Σ ∂o·o (Dao et al. 2022, section 3.1: FlashAttention's D).
 */
export function rememberRowSum(g: Value, of: Value, sum: Value): void {
  known.set(g, { of, sum });
}

/** For z = x·y, element by element, Σ ∂x·x is Σ ∂z·z: so it is through a dropout. */
export function carryRowSum(from: { g: Value; of: Value }, to: { g: Value; of: Value }): void {
  const sum = rowSumOf(from.g, from.of);
  if (sum !== undefined && sameShape(from.of.shape, to.of.shape)) rememberRowSum(to.g, to.of, sum);
}

export function rowSumOf(g: Value, of: Value): Value | undefined {
  const found = known.get(g);
  return found?.of === of ? found.sum : undefined;
}
