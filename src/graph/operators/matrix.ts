import { gemm, matMul } from '../calls/matrix.ts';
import { broadcastShapes, formatShape } from '../dimensions.ts';
import type { Operator, Value } from '../value.ts';
import { reduceTo, rows, transposed } from './gradient-rules.ts';
import { mustAgree, required } from './shape-rules.ts';

const matMulOperator: Operator = {
  name: 'MatMul',
  since: 13,
  infer: (call) => {
    const [left, right] = [required(call, 0), required(call, 1)];
    mustAgree(left, right);
    if (left.rank < 2 || right.rank < 2) throw new Error('both must have at least 2 dimensions');
    const [rows, inner] = left.shape.slice(-2);
    const [otherInner, columns] = right.shape.slice(-2);
    const shapes = `${formatShape(left.shape)} × ${formatShape(right.shape)}`;
    if (inner !== otherInner) throw new Error(`inner dimensions ${inner} and ${otherInner} differ in ${shapes}`);
    const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2));
    if (batch === undefined) throw new Error(`batch dimensions do not broadcast in ${shapes}`);
    return [{ type: left.type, shape: [...batch, rows ?? 1, columns ?? 1] }];
  },
  // C = A·B: by A it is g·Bᵀ, by B it is Aᵀ·g; where B is one matrix for all of A's rows (a weight), over all rows at once.
  gradient: ({ outputGradient, input, wanted }) => {
    const [g, a, b] = [outputGradient(), input(0), input(1)];
    const byB = (): Value =>
      b.rank === 2 ? matMul(transposed(rows(a)), rows(g)) : reduceTo(matMul(transposed(a), g), b);
    return [wanted(0) ? reduceTo(matMul(g, transposed(b)), a) : undefined, wanted(1) ? byB() : undefined];
  },
};

const gemmOperator: Operator = {
  name: 'Gemm',
  since: 13,
  attributes: { alpha: 'float', beta: 'float', transA: 'int', transB: 'int' },
  infer: (call) => {
    const [a, b] = [required(call, 0), required(call, 1)];
    mustAgree(a, b);
    if (a.rank !== 2 || b.rank !== 2) throw new Error('both factors must be matrices');
    const [rows, inner] = call.attributes.transA === 1 ? [a.shape[1], a.shape[0]] : a.shape;
    const [otherInner, columns] = call.attributes.transB === 1 ? [b.shape[1], b.shape[0]] : b.shape;
    if (inner !== otherInner) throw new Error(`inner dimensions ${inner} and ${otherInner} differ`);
    const shape = [rows ?? 1, columns ?? 1];
    const c = call.inputs[2];
    if (c !== undefined) {
      mustAgree(a, c);
      const joined = broadcastShapes(shape, c.shape);
      if (joined === undefined || formatShape(joined) !== formatShape(shape)) {
        throw new Error(`C of shape ${formatShape(c.shape)} does not broadcast to ${formatShape(shape)}`);
      }
    }
    return [{ type: a.type, shape }];
  },
  gradient: ({ node, outputGradient, input, wanted }) => {
    const [g, a, b] = [outputGradient(), input(0), input(1)];
    const [transA, transB] = [node.attributes.transA === 1, node.attributes.transB === 1];
    const byA = (): Value => (transA ? gemm(b, g, { transA: transB, transB: true }) : gemm(g, b, { transB: !transB }));
    const byB = (): Value => (transB ? gemm(g, a, { transA: true, transB: transA }) : gemm(a, g, { transA: !transA }));
    return [
      wanted(0) ? byA() : undefined,
      wanted(1) ? byB() : undefined,
      wanted(2) ? reduceTo(g, input(2)) : undefined,
    ];
  },
};

export const matrixOperators: readonly Operator[] = [matMulOperator, gemmOperator];
