import { broadcastShapes, formatShape } from '../dimensions.ts';
import { emitOne } from '../emit.ts';
import type { Operator, Value } from '../value.ts';
import { mustAgree, required } from './rules.ts';

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
};

/** The matrix product of the last two axes; the axes before them broadcast. ONNX MatMul-13. */
export function matMul(left: Value, right: Value): Value {
  return emitOne(matMulOperator, [left, right]);
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
  return emitOne(gemmOperator, c === undefined ? [a, b] : [a, b, c], attributes);
}
