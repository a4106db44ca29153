import { gemm, matMul, type Value } from '../../graph/index.ts';
import { arriving, operand, type Rule, reduceTo, rows, transposed } from './rule.ts';

/**
 * C = A·B: the gradient by A is g·Bᵀ, by B it is Aᵀ·g. Where B is one matrix for all of A's rows (a weight), A and g are laid
 * flat first: one large product instead of a batch of small ones that would have to be summed.
 */
const matMulRule: Rule = (call) => {
  const [g, a, b] = [arriving(call), operand(call, 0), operand(call, 1)];
  const byA = (): Value => reduceTo(matMul(g, transposed(b)), a);
  const byB = (): Value =>
    b.rank === 2 ? matMul(transposed(rows(a)), rows(g)) : reduceTo(matMul(transposed(a), g), b);
  return [call.wanted(0) ? byA() : undefined, call.wanted(1) ? byB() : undefined];
};

/** Gemm with factors as they are or transposed, and C added. */
const gemmRule: Rule = (call) => {
  const [g, a, b] = [arriving(call), operand(call, 0), operand(call, 1)];
  const [transA, transB] = [call.node.attributes.transA === 1, call.node.attributes.transB === 1];
  const byA = (): Value => (transA ? gemm(b, g, { transA: transB, transB: true }) : gemm(g, b, { transB: !transB }));
  const byB = (): Value => (transB ? gemm(g, a, { transA: true, transB: transA }) : gemm(a, g, { transA: !transA }));
  return [
    call.wanted(0) ? byA() : undefined,
    call.wanted(1) ? byB() : undefined,
    call.wanted(2) ? reduceTo(g, operand(call, 2)) : undefined,
  ];
};

export const matrixRules: Readonly<Record<string, Rule>> = { MatMul: matMulRule, Gemm: gemmRule };
