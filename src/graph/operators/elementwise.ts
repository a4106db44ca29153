import { emitOne } from '../emit.ts';
import { asValue, type Operand } from '../leaves.ts';
import type { ElementType } from '../types.ts';
import { type Operator, Value } from '../value.ts';
import { broadcast, broadcasting, mustAgree, mustBe, required, sameAsFirst } from './rules.ts';

const floats = ['float32', 'float64', 'float16'] as const;
const numeric = [...floats, 'int32', 'int64'] as const;

const unary = (name: string, since: number, ...types: readonly ElementType[]): Operator => ({
  name,
  since,
  infer: sameAsFirst(...types),
});

/** Operators of one input, output like it. */
const unaryOperators = {
  neg: unary('Neg', 13, ...numeric),
  abs: unary('Abs', 13, ...numeric),
  sqrt: unary('Sqrt', 13, ...floats),
  exp: unary('Exp', 13, ...floats),
  log: unary('Log', 13, ...floats),
  tanh: unary('Tanh', 13, ...floats),
  erf: unary('Erf', 13, ...floats),
  relu: unary('Relu', 14, ...floats),
  sigmoid: unary('Sigmoid', 13, ...floats),
  cos: unary('Cos', 7, ...floats),
  sin: unary('Sin', 7, ...floats),
  reciprocal: unary('Reciprocal', 13, ...floats),
  floor: unary('Floor', 13, ...floats),
  not: unary('Not', 1, 'bool'),
  identity: unary('Identity', 16),
} satisfies Record<string, Operator>;

/** Identity by itself, for calls that carry a hint. */
export const identityOperator: Operator = unaryOperators.identity;

const binary = (name: string, since: number, accepted: readonly ElementType[], result?: ElementType): Operator => ({
  name,
  since,
  infer: broadcasting(accepted, result),
});

/** Operators of two inputs of one type, which broadcast. */
const binaryOperators = {
  add: binary('Add', 14, numeric),
  sub: binary('Sub', 14, numeric),
  mul: binary('Mul', 14, numeric),
  div: binary('Div', 14, numeric),
  pow: binary('Pow', 15, floats),
  max: binary('Max', 13, numeric),
  min: binary('Min', 13, numeric),
  equal: binary('Equal', 13, [...numeric, 'bool'], 'bool'),
  greater: binary('Greater', 13, numeric, 'bool'),
  greaterOrEqual: binary('GreaterOrEqual', 16, numeric, 'bool'),
  less: binary('Less', 13, numeric, 'bool'),
  lessOrEqual: binary('LessOrEqual', 16, numeric, 'bool'),
  and: binary('And', 7, ['bool'], 'bool'),
  or: binary('Or', 7, ['bool'], 'bool'),
} satisfies Record<string, Operator>;

const whereOperator: Operator = {
  name: 'Where',
  since: 16,
  infer: (call) => {
    const [condition, chosen, other] = [required(call, 0), required(call, 1), required(call, 2)];
    mustBe(condition, 'bool');
    mustAgree(chosen, other);
    return [{ type: chosen.type, shape: broadcast(condition, chosen, other) }];
  },
};

/** The element type a Cast yields is part of its definition here: one operator a type. `to` is ONNX's number, set at export. */
const castOperator: Operator = {
  name: 'Cast',
  since: 13,
  attributes: { to: 'string' },
  infer: (call) => [{ type: call.attributes.to as ElementType, shape: required(call, 0).shape }],
};

function two(operator: Operator, left: Operand, right: Operand): Value {
  if (typeof left === 'number' && typeof right === 'number') {
    return emitOne(operator, [asValue(left, 'float32'), asValue(right, 'float32')]);
  }
  const type = left instanceof Value ? left.type : right instanceof Value ? right.type : 'float32';
  return emitOne(operator, [asValue(left, type), asValue(right, type)]);
}

/** −x, element by element. ONNX Neg-13. */
export const neg = (x: Value): Value => emitOne(unaryOperators.neg, [x]);
/** |x|. ONNX Abs-13. */
export const abs = (x: Value): Value => emitOne(unaryOperators.abs, [x]);
/** √x. ONNX Sqrt-13. */
export const sqrt = (x: Value): Value => emitOne(unaryOperators.sqrt, [x]);
/** eˣ. ONNX Exp-13. */
export const exp = (x: Value): Value => emitOne(unaryOperators.exp, [x]);
/** The natural logarithm. ONNX Log-13. */
export const log = (x: Value): Value => emitOne(unaryOperators.log, [x]);
/** The hyperbolic tangent. ONNX Tanh-13. */
export const tanh = (x: Value): Value => emitOne(unaryOperators.tanh, [x]);
/** The error function. ONNX Erf-13. */
export const erf = (x: Value): Value => emitOne(unaryOperators.erf, [x]);
/** max(x, 0). ONNX Relu-14. */
export const relu = (x: Value): Value => emitOne(unaryOperators.relu, [x]);
/** 1 / (1 + e⁻ˣ). ONNX Sigmoid-13. */
export const sigmoid = (x: Value): Value => emitOne(unaryOperators.sigmoid, [x]);
/** The cosine. ONNX Cos-7. */
export const cos = (x: Value): Value => emitOne(unaryOperators.cos, [x]);
/** The sine. ONNX Sin-7. */
export const sin = (x: Value): Value => emitOne(unaryOperators.sin, [x]);
/** 1 / x. ONNX Reciprocal-13. */
export const reciprocal = (x: Value): Value => emitOne(unaryOperators.reciprocal, [x]);
/** The largest integer not above x. ONNX Floor-13. */
export const floor = (x: Value): Value => emitOne(unaryOperators.floor, [x]);
/** Logical negation. ONNX Not-1. */
export const not = (x: Value): Value => emitOne(unaryOperators.not, [x]);
/** The value itself, under another name. ONNX Identity-16. */
export const identity = (x: Value): Value => emitOne(identityOperator, [x]);

/** left + right. ONNX Add-14. */
export const add = (left: Operand, right: Operand): Value => two(binaryOperators.add, left, right);
/** left − right. ONNX Sub-14. */
export const sub = (left: Operand, right: Operand): Value => two(binaryOperators.sub, left, right);
/** left × right, element by element. ONNX Mul-14. */
export const mul = (left: Operand, right: Operand): Value => two(binaryOperators.mul, left, right);
/** left / right; integers truncate toward zero. ONNX Div-14. */
export const div = (left: Operand, right: Operand): Value => two(binaryOperators.div, left, right);
/** left to the power of right. ONNX Pow-15. */
export const pow = (left: Operand, right: Operand): Value => two(binaryOperators.pow, left, right);
/** The larger of two. ONNX Max-13. */
export const max = (left: Operand, right: Operand): Value => two(binaryOperators.max, left, right);
/** The smaller of two. ONNX Min-13. */
export const min = (left: Operand, right: Operand): Value => two(binaryOperators.min, left, right);
/** left = right. ONNX Equal-13. */
export const equal = (left: Operand, right: Operand): Value => two(binaryOperators.equal, left, right);
/** left > right. ONNX Greater-13. */
export const greater = (left: Operand, right: Operand): Value => two(binaryOperators.greater, left, right);
/** left ≥ right. ONNX GreaterOrEqual-16. */
export const greaterOrEqual = (left: Operand, right: Operand): Value =>
  two(binaryOperators.greaterOrEqual, left, right);
/** left < right. ONNX Less-13. */
export const less = (left: Operand, right: Operand): Value => two(binaryOperators.less, left, right);
/** left ≤ right. ONNX LessOrEqual-16. */
export const lessOrEqual = (left: Operand, right: Operand): Value => two(binaryOperators.lessOrEqual, left, right);
/** Both. ONNX And-7. */
export const and = (left: Value, right: Value): Value => two(binaryOperators.and, left, right);
/** Either. ONNX Or-7. */
export const or = (left: Value, right: Value): Value => two(binaryOperators.or, left, right);

/** `chosen` where the condition holds, `other` elsewhere; all three broadcast. ONNX Where-16. */
export function where(condition: Value, chosen: Operand, other: Operand): Value {
  const type = chosen instanceof Value ? chosen.type : other instanceof Value ? other.type : 'float32';
  return emitOne(whereOperator, [condition, asValue(chosen, type), asValue(other, type)]);
}

/** The same numbers in another element type. ONNX Cast-13. */
export function cast(x: Value, to: ElementType): Value {
  return x.type === to ? x : emitOne(castOperator, [x], { to });
}
