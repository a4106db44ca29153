import { type Dimension, gemm, matMul, mul, producer, reshape, transpose, type Value } from '../../graph/index.ts';
import { arriving, operand, type Rule, reduceTo, rows, transposed } from './rule.ts';

/**
 * C = A·B: the gradient by A is g·Bᵀ, by B it is Aᵀ·g. Where B is one matrix for all of A's rows (a weight), A and g are laid
 * flat first: one large product instead of a batch of small ones that would have to be summed. Factors of A, B and g come last:
 * runtimes multiply by a number at the end of a product for nothing.
 */
const matMulRule: Rule = (call) => {
  const [g, byG] = withoutFactor(arriving(call));
  const [a, byA] = withoutFactor(operand(call, 0));
  const [b, byB] = withoutFactor(operand(call, 1));
  const left = (): Value => reduceTo(scaled(matMul(g, transposed(b)), byG * byB), a);
  const right = (): Value =>
    b.rank === 2
      ? scaled(weightGradient(a, b, g), byG * byA)
      : reduceTo(scaled(matMul(transposed(a), g), byG * byA), b);
  return [call.wanted(0) ? left() : undefined, call.wanted(1) ? right() : undefined];
};

function scaled(x: Value, factor: number): Value {
  return factor === 1 ? x : mul(x, factor);
}

/** A value as another one times a number. */
function withoutFactor(x: Value): readonly [value: Value, factor: number] {
  const node = producer(x);
  const [value, number] = node?.inputs ?? [];
  if (node?.operator.name !== 'Mul' || value === undefined || number?.source.kind !== 'constant') return [x, 1];
  return number.rank === 0 ? [value, Number(number.source.data[0])] : [x, 1];
}

/** So many columns of a product ONNX Runtime's CPU kernel makes with one turn of a transposed left factor; then it turns it anew. */
const columnsForOneTurn = 128;

/**
 * Aᵀ·g over all rows, the gradient of a weight. A factor that the kernel would have to turn again and again is turned once
 * beforehand: the narrower of the two, which for g gives the gradient's transpose.
 */
function weightGradient(a: Value, { shape: [depth, width] }: Value, g: Value): Value {
  const isKnown = typeof depth === 'number' && typeof width === 'number';
  if (isKnown && width >= depth) return matMul(columns(a), rows(g));
  if (isKnown && width > columnsForOneTurn) return transpose(matMul(columns(g), rows(a)));
  return matMul(transposed(rows(a)), rows(g));
}

const turned = new WeakMap<Value, Value>();

/** All rows beside each other: (…, C) → (C, rows), once for all who ask. The Reshape keeps it from being taken into the product. */
function columns(x: Value): Value {
  if (x.rank === 2) return transposed(x);
  const last = x.rank - 1;
  const made =
    turned.get(x) ?? reshape(transpose(x, [last, ...Array.from({ length: last }, (_, axis) => axis)]), [width(x), -1]);
  turned.set(x, made);
  return made;
}

function width(x: Value): Dimension {
  return x.shape.at(-1) ?? 1;
}

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
