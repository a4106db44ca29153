/** A pair of matrix products, (rows, inner) × (inner, outer) and back by (outer, inner), as a multilayer perceptron makes them. */
export interface GemmShape {
  readonly rows: number;
  readonly inner: number;
  readonly outer: number;
}

/** What a pair of products counts: a multiplication and an addition are two operations. */
export function gemmOperations({ rows, inner, outer }: GemmShape): number {
  return 2 * 2 * rows * inner * outer;
}

/** A square whose matrices fit into a cache, and the products of the two models that the benchmarks train. */
export const gemmShapes: readonly GemmShape[] = [
  { rows: 1024, inner: 1024, outer: 1024 },
  { rows: 768, inner: 128, outer: 384 },
  { rows: 768, inner: 128, outer: 512 },
  { rows: 2048, inner: 384, outer: 1152 },
  { rows: 2048, inner: 384, outer: 1536 },
];
