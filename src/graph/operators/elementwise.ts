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
  where,
} from '../calls/elementwise.ts';
import type { ElementType } from '../types.ts';
import type { Operator, Value } from '../value.ts';
import { ofOne, ofTwo, reduceTo, type Side } from './gradient-rules.ts';
import { broadcast, broadcasting, mustAgree, mustBe, required, sameAsFirst } from './shape-rules.ts';

const floats = ['float32', 'float64', 'float16'] as const;
const numeric = [...floats, 'int32', 'int64'] as const;

/** An operator of one input, output like it: its gradient from the output's g, x and y. */
const unary = (
  name: string,
  since: number,
  types: readonly ElementType[],
  gradient?: (g: Value, x: Value, y: Value) => Value | undefined,
): Operator => ({ name, since, infer: sameAsFirst(...types), gradient: gradient && ofOne(gradient) });

/** An operator of two inputs of one type, which broadcast: the gradients by either, from the output's g, x, y and z = f(x, y). */
const binary = (
  name: string,
  since: number,
  types: readonly ElementType[],
  sides: readonly [Side, Side],
): Operator => ({
  name,
  since,
  infer: broadcasting(types),
  gradient: ofTwo(...sides),
});

/** The same with truth values for its output, which have no gradient. */
const comparison = (name: string, since: number, types: readonly ElementType[]): Operator => ({
  name,
  since,
  infer: broadcasting(types, 'bool'),
});

const whereOperator: Operator = {
  name: 'Where',
  since: 16,
  infer: (call) => {
    const [condition, chosen, other] = [required(call, 0), required(call, 1), required(call, 2)];
    mustBe(condition, 'bool');
    mustAgree(chosen, other);
    return [{ type: chosen.type, shape: broadcast(condition, chosen, other) }];
  },
  gradient: ({ outputGradient, input, wanted }) => {
    const [g, condition] = [outputGradient(), input(0)];
    return [
      undefined,
      wanted(1) ? reduceTo(where(condition, g, 0), input(1)) : undefined,
      wanted(2) ? reduceTo(where(condition, 0, g), input(2)) : undefined,
    ];
  },
};

export const elementwiseOperators: readonly Operator[] = [
  binary('Add', 14, numeric, [(g) => g, (g) => g]),
  binary('Sub', 14, numeric, [(g) => g, (g) => neg(g)]),
  binary('Mul', 14, numeric, [(g, _x, y) => mul(g, y), (g, x) => mul(g, x)]),
  binary('Div', 14, numeric, [(g, _x, y) => div(g, y), (g, _x, y, z) => neg(div(mul(g, z), y))]),
  binary('Pow', 15, floats, [(g, x, y) => mul(mul(g, y), pow(x, sub(y, 1))), (g, x, _y, z) => mul(mul(g, z), log(x))]),
  // Where both are equal, the first has the gradient.
  binary('Max', 13, numeric, [(g, x, y) => where(greaterOrEqual(x, y), g, 0), (g, x, y) => where(less(x, y), g, 0)]),
  binary('Min', 13, numeric, [(g, x, y) => where(greater(x, y), 0, g), (g, x, y) => where(greater(x, y), g, 0)]),
  comparison('Equal', 13, [...numeric, 'bool']),
  comparison('Greater', 13, numeric),
  comparison('GreaterOrEqual', 16, numeric),
  comparison('Less', 13, numeric),
  comparison('LessOrEqual', 16, numeric),
  comparison('And', 7, ['bool']),
  comparison('Or', 7, ['bool']),
  whereOperator,
  unary('Neg', 13, numeric, (g) => neg(g)),
  unary('Abs', 13, numeric, (g, x) => where(less(x, 0), neg(g), where(equal(x, 0), 0, g))),
  unary('Sqrt', 13, floats, (g, _x, y) => mul(div(g, y), 0.5)),
  unary('Exp', 13, floats, (g, _x, y) => mul(g, y)),
  unary('Log', 13, floats, (g, x) => div(g, x)),
  unary('Tanh', 13, floats, (g, _x, y) => mul(g, sub(1, mul(y, y)))),
  unary('Erf', 13, floats, (g, x) => mul(g, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))),
  unary('Relu', 14, floats, (g, _x, y) => where(greater(y, 0), g, 0)),
  unary('Sigmoid', 13, floats, (g, _x, y) => mul(g, mul(y, sub(1, y)))),
  unary('Cos', 7, floats, (g, x) => neg(mul(g, sin(x)))),
  unary('Sin', 7, floats, (g, x) => mul(g, cos(x))),
  unary('Reciprocal', 13, floats, (g, _x, y) => neg(mul(g, mul(y, y)))),
  unary('Floor', 13, floats, () => undefined),
  unary('Not', 1, ['bool']),
  {
    name: 'Identity',
    since: 16,
    infer: sameAsFirst(),
    gradient: ({ node, outputGradient }) => [node.attributes.stopGradient === 1 ? undefined : outputGradient()],
  },
  {
    name: 'Cast',
    since: 13,
    attributes: { to: 'type' },
    infer: (call) => [{ type: call.attributes.to as ElementType, shape: required(call, 0).shape }],
    gradient: ofOne((g, x) => cast(g, x.type)),
  },
];
