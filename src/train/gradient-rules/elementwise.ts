import {
  cast,
  cos,
  div,
  equal,
  exp,
  greater,
  greaterOrEqual,
  less,
  log,
  mul,
  neg,
  pow,
  sin,
  sub,
  type Value,
  where,
} from '../../graph/index.ts';
import { arriving, operand, type Rule, type RuleCall, reduceTo, result } from './rule.ts';

/** A rule for y = f(x) from the gradient g, x and y. */
const unary =
  (rule: (g: Value, x: Value, y: Value) => Value): Rule =>
  (call) => [rule(arriving(call), operand(call, 0), result(call))];

/** A rule for z = f(x, y) with broadcasting: each side's gradient is summed back to its shape. */
const binary =
  (
    left: (g: Value, x: Value, y: Value, z: Value) => Value,
    right: (g: Value, x: Value, y: Value, z: Value) => Value,
  ): Rule =>
  (call) => {
    const [g, x, y, z] = [arriving(call), operand(call, 0), operand(call, 1), result(call)];
    return [
      call.wanted(0) ? reduceTo(left(g, x, y, z), x) : undefined,
      call.wanted(1) ? reduceTo(right(g, x, y, z), y) : undefined,
    ];
  };

/** ln(2 / √π): 2/√π is the slope of erf at 0. In the exponent it costs no pass of its own. */
const logarithmOfSlope = Math.log(2 / Math.sqrt(Math.PI));

function whereRule(call: RuleCall): readonly (Value | undefined)[] {
  const [g, condition, chosen, other] = [arriving(call), operand(call, 0), operand(call, 1), operand(call, 2)];
  return [
    undefined,
    call.wanted(1) ? reduceTo(where(condition, g, 0), chosen) : undefined,
    call.wanted(2) ? reduceTo(where(condition, 0, g), other) : undefined,
  ];
}

export const elementwiseRules: Readonly<Record<string, Rule>> = {
  Add: binary(
    (g) => g,
    (g) => g,
  ),
  Sub: binary(
    (g) => g,
    (g) => neg(g),
  ),
  Mul: binary(
    (g, _x, y) => mul(g, y),
    (g, x) => mul(g, x),
  ),
  Div: binary(
    (g, _x, y) => div(g, y),
    (g, _x, y, z) => neg(div(mul(g, z), y)),
  ),
  Pow: binary(
    (g, x, y) => mul(mul(g, y), pow(x, sub(y, 1))),
    (g, x, _y, z) => mul(mul(g, z), log(x)),
  ),
  // Where both are equal, the first has the gradient.
  Max: binary(
    (g, x, y) => where(greaterOrEqual(x, y), g, 0),
    (g, x, y) => where(less(x, y), g, 0),
  ),
  Min: binary(
    (g, x, y) => where(greater(x, y), 0, g),
    (g, x, y) => where(greater(x, y), g, 0),
  ),
  Where: whereRule,
  Neg: unary((g) => neg(g)),
  Abs: unary((g, x) => where(less(x, 0), neg(g), where(equal(x, 0), 0, g))),
  Sqrt: unary((g, _x, y) => mul(div(g, y), 0.5)),
  Exp: unary((g, _x, y) => mul(g, y)),
  Log: unary((g, x) => div(g, x)),
  Tanh: unary((g, _x, y) => mul(g, sub(1, mul(y, y)))),
  Erf: unary((g, x) => mul(g, exp(sub(logarithmOfSlope, mul(x, x))))),
  Relu: unary((g, _x, y) => where(greater(y, 0), g, 0)),
  Sigmoid: unary((g, _x, y) => mul(g, mul(y, sub(1, y)))),
  Reciprocal: unary((g, _x, y) => neg(mul(g, mul(y, y)))),
  Cos: unary((g, x) => neg(mul(g, sin(x)))),
  Sin: unary((g, x) => mul(g, cos(x))),
  Identity: (call) => [call.node.attributes.stopGradient === 1 ? undefined : arriving(call)],
  Cast: unary((g, x) => cast(g, x.type)),
  Floor: () => [undefined],
};
