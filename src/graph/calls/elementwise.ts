import { emitOne } from '../emit.ts';
import { asValue, type Operand } from '../leaves.ts';
import type { ElementType } from '../types.ts';
import { Value } from '../value.ts';

/** Calls an operator of two inputs of one type; a number takes the other's. */
function two(operator: string, left: Operand, right: Operand): Value {
  const type = left instanceof Value ? left.type : right instanceof Value ? right.type : 'float32';
  return emitOne(operator, [asValue(left, type), asValue(right, type)]);
}

/** −x, element by element. ONNX Neg-13. */
export const neg = (x: Value): Value => emitOne('Neg', [x]);
/** |x|. ONNX Abs-13. */
export const abs = (x: Value): Value => emitOne('Abs', [x]);
/** √x. ONNX Sqrt-13. */
export const sqrt = (x: Value): Value => emitOne('Sqrt', [x]);
/** eˣ. ONNX Exp-13. */
export const exp = (x: Value): Value => emitOne('Exp', [x]);
/** The natural logarithm. ONNX Log-13. */
export const log = (x: Value): Value => emitOne('Log', [x]);
/** The hyperbolic tangent. ONNX Tanh-13. */
export const tanh = (x: Value): Value => emitOne('Tanh', [x]);
/** The error function. ONNX Erf-13. */
export const erf = (x: Value): Value => emitOne('Erf', [x]);
/** max(x, 0). ONNX Relu-14. */
export const relu = (x: Value): Value => emitOne('Relu', [x]);
/** 1 / (1 + e⁻ˣ). ONNX Sigmoid-13. */
export const sigmoid = (x: Value): Value => emitOne('Sigmoid', [x]);
/** The cosine. ONNX Cos-7. */
export const cos = (x: Value): Value => emitOne('Cos', [x]);
/** The sine. ONNX Sin-7. */
export const sin = (x: Value): Value => emitOne('Sin', [x]);
/** 1 / x. ONNX Reciprocal-13. */
export const reciprocal = (x: Value): Value => emitOne('Reciprocal', [x]);
/** The largest integer not above x. ONNX Floor-13. */
export const floor = (x: Value): Value => emitOne('Floor', [x]);
/** Logical negation. ONNX Not-1. */
export const not = (x: Value): Value => emitOne('Not', [x]);
/** The value itself, under another name. ONNX Identity-16. */
export const identity = (x: Value): Value => emitOne('Identity', [x]);

/** left + right. ONNX Add-14. */
export const add = (left: Operand, right: Operand): Value => two('Add', left, right);
/** left − right. ONNX Sub-14. */
export const sub = (left: Operand, right: Operand): Value => two('Sub', left, right);
/** left × right, element by element. ONNX Mul-14. */
export const mul = (left: Operand, right: Operand): Value => two('Mul', left, right);
/** left / right; integers truncate toward zero. ONNX Div-14. */
export const div = (left: Operand, right: Operand): Value => two('Div', left, right);
/** left to the power of right. ONNX Pow-15. */
export const pow = (left: Operand, right: Operand): Value => two('Pow', left, right);
/** The larger of two. ONNX Max-13. */
export const max = (left: Operand, right: Operand): Value => two('Max', left, right);
/** The smaller of two. ONNX Min-13. */
export const min = (left: Operand, right: Operand): Value => two('Min', left, right);
/** left = right. ONNX Equal-13. */
export const equal = (left: Operand, right: Operand): Value => two('Equal', left, right);
/** left > right. ONNX Greater-13. */
export const greater = (left: Operand, right: Operand): Value => two('Greater', left, right);
/** left ≥ right. ONNX GreaterOrEqual-16. */
export const greaterOrEqual = (left: Operand, right: Operand): Value => two('GreaterOrEqual', left, right);
/** left < right. ONNX Less-13. */
export const less = (left: Operand, right: Operand): Value => two('Less', left, right);
/** left ≤ right. ONNX LessOrEqual-16. */
export const lessOrEqual = (left: Operand, right: Operand): Value => two('LessOrEqual', left, right);
/** Both. ONNX And-7. */
export const and = (left: Value, right: Value): Value => two('And', left, right);
/** Either. ONNX Or-7. */
export const or = (left: Value, right: Value): Value => two('Or', left, right);

/** `chosen` where the condition holds, `other` elsewhere; all three broadcast. ONNX Where-16. */
export function where(condition: Value, chosen: Operand, other: Operand): Value {
  const type = chosen instanceof Value ? chosen.type : other instanceof Value ? other.type : 'float32';
  return emitOne('Where', [condition, asValue(chosen, type), asValue(other, type)]);
}

/** The same numbers in another element type. ONNX Cast-13. */
export function cast(x: Value, to: ElementType): Value {
  return x.type === to ? x : emitOne('Cast', [x], { to });
}
