import { emitOne } from '../emit.ts';
import type { Value } from '../value.ts';

/** The matrix product of the last two axes; the axes before them broadcast. ONNX MatMul-13. */
export function matMul(left: Value, right: Value): Value {
  return emitOne('MatMul', [left, right]);
}

export interface GemmOptions {
  /** Added to the product, broadcast to its shape. */
  readonly c?: Value | undefined;
  readonly transA?: boolean;
  readonly transB?: boolean;
}

/** A·B + C of matrices, each factor transposed on demand. ONNX Gemm-13. */
export function gemm(a: Value, b: Value, { c, transA = false, transB = false }: GemmOptions = {}): Value {
  const attributes = { ...(transA ? { transA: 1 } : {}), ...(transB ? { transB: 1 } : {}) };
  return emitOne('Gemm', c === undefined ? [a, b] : [a, b, c], attributes);
}
