import { describe, expect, test } from 'vitest';
import {
  argMax,
  cast,
  constant,
  equal,
  exp,
  GraphError,
  gather,
  gradients,
  input,
  mul,
  nodesBefore,
  reduceMax,
  reduceMean,
  reduceSum,
  relu,
  scan,
  scatterElements,
  sin,
  softmax,
  stopGradient,
  sub,
  topK,
  type Value,
} from '../../src/graph/index.ts';
import { evaluate } from '../support/interpreter.ts';
import { centralDifferences, relativeError } from '../support/interpreter-differences.ts';
import { tensorOf } from '../support/interpreter-tensor.ts';

const vector = (name = 'x', length = 3): Value => input(name, 'float32', [length]);

function thrownBy(action: () => unknown): Error {
  try {
    action();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

describe('what gradients refuses', () => {
  test('a loss that is no scalar, with its type, shape and place', () => {
    const error = thrownBy(() => gradients(mul(vector(), 2), [vector()]));
    expect(error).toBeInstanceOf(GraphError);
    expect(error.message).toMatch(/must be a floating-point scalar, not float32 \(3\) .*gradients\.test\.ts:\d+/);
  });

  test('a loss of integers', () => {
    const x = vector();
    expect(() => gradients(cast(reduceSum(x), 'int32'), [x])).toThrow(/floating-point scalar, not int32/);
  });

  test('a value that the loss does not depend on, by its name', () => {
    const x = vector();
    expect(() => gradients(reduceSum(x), [x, vector('other')])).toThrow(/does not depend on other/);
  });

  test('a computed value that the loss does not depend on, by its operator and place', () => {
    const x = vector();
    expect(() => gradients(reduceSum(x), [sin(x)])).toThrow(
      /does not depend on the Sin made at .*gradients\.test\.ts:\d+/,
    );
  });

  test('a value that reaches the loss through integers or a stopped path only', () => {
    const x = vector();
    const table = input('table', 'float32', [4, 2]);
    expect(() => gradients(reduceSum(stopGradient(x)), [x])).toThrow(/does not depend on x/);
    expect(() => gradients(reduceSum(cast(equal(x, 1), 'float32')), [x])).toThrow(/does not depend on x/);
    expect(() => gradients(reduceSum(gather(table, cast(x, 'int32'))), [x])).toThrow(/does not depend on x/);
  });

  test('an operator without a rule, by its name and line', () => {
    const x = vector();
    const { values } = topK(x, 2, { axis: 0 });
    const place = values.location.toString();
    expect(place).toMatch(/gradients\.test\.ts:\d+:\d+$/);
    const error = thrownBy(() => gradients(reduceSum(values), [x]));
    expect(error).toBeInstanceOf(GraphError);
    expect(error.message).toContain(`TopK (used at ${place}) has no gradient rule`);
  });

  test('a Scan between the loss and a value that its body takes from outside', () => {
    const [x, element, sum] = [vector(), input('element', 'float32', []), input('sum', 'float32', [])];
    const weight = input('weight', 'float32', []);
    const { states } = scan({
      states: [{ formal: sum, initial: constant(0), next: mul(element, weight) }],
      sequences: [{ formal: element, sequence: x }],
      outputs: [],
    });
    expect(() => gradients(states[0] ?? sum, [weight])).toThrow(/Scan \(used at .*\) has no gradient rule/);
  });

  test('a form of an operator that its rule does not cover, with the reason and the line', () => {
    const x = input('x', 'float32', [2, 3]);
    const put = scatterElements(x, constant([0, 1, 2], 'int32', [1, 3]), constant([1, 2, 3], 'float32', [1, 3]), {
      axis: 1,
    });
    expect(() => gradients(reduceSum(put), [x])).toThrow(
      /ScatterElements \(used at .*gradients\.test\.ts:.*only the form/,
    );
    expect(() => gradients(reduceSum(gather(x, constant([0], 'int32'), { axis: 1 })), [x])).toThrow(
      /Gather \(used at .*only/,
    );
  });
});

describe('what gradients takes', () => {
  test('an operator without a rule off the path', () => {
    const x = vector();
    const best = cast(argMax(x, { axis: 0 }), 'float32');
    const [gradient] = gradients(reduceSum(mul(x, best)), [x]);
    const [slope] = evaluate(gradient === undefined ? [] : [gradient], new Map([[x, tensorOf([3], [1, 5, 2])]]));
    expect([...(slope?.data ?? [])]).toEqual([1, 1, 1]);
  });

  test('an operator without a rule behind a value', () => {
    const values = topK(vector(), 2, { axis: 0 }).values;
    expect(gradients(reduceSum(values), [values])[0]?.shape).toEqual([2]);
  });

  test('the loss itself, whose gradient is 1', () => {
    const loss = reduceSum(vector());
    const [one] = gradients(loss, [loss]);
    expect(evaluate(one === undefined ? [] : [one], new Map())[0]?.data[0]).toBe(1);
  });

  test('values that depend on each other, each with its own whole gradient', () => {
    const x = vector();
    const y = exp(x);
    const loss = reduceSum(mul(y, sin(x)));
    const feeds = new Map([[x, tensorOf([3], [0.5, -1, 2])]]);
    const [byX, byY] = evaluate(gradients(loss, [x, y]), feeds);
    expect(relativeError(byX?.data ?? [], centralDifferences(loss, feeds, x))).toBeLessThan(1e-9);
    expect(relativeError(byY?.data ?? [], [0.5, -1, 2].map(Math.sin))).toBeLessThan(1e-12);
  });

  test('one value many times, without more nodes for it', () => {
    const x = vector();
    const loss = reduceSum(sin(x));
    const [first, second] = gradients(loss, [x, x]);
    expect(first).toBe(second);
  });
});

describe('where a function has a kink', () => {
  test.each([
    ['relu at 0 has slope 0', (x: Value) => reduceSum(relu(x)), [0, 1, -1], [0, 1, 0]],
    ['equal maxima share the gradient', (x: Value) => reduceMax(x), [2, 1, 2], [0.5, 0, 0.5]],
  ])('%s', (_, lossOf, at, slopes) => {
    const x = vector();
    const [gradient] = evaluate(gradients(lossOf(x), [x]), new Map([[x, tensorOf([3], at)]]));
    expect([...(gradient?.data ?? [])]).toEqual(slopes);
  });
});

test('the third derivative of sin is −cos', () => {
  const x = vector();
  let derivative = sin(x);
  for (let order = 0; order < 3; order++) derivative = gradients(reduceSum(derivative), [x])[0] ?? x;
  const [third] = evaluate([derivative], new Map([[x, tensorOf([3], [0.1, 1, 2])]]));
  expect(
    relativeError(
      third?.data ?? [],
      [0.1, 1, 2].map((angle) => -Math.cos(angle)),
    ),
  ).toBeLessThan(1e-12);
});

test('the Hessian of a softmax loss times a vector equals differences of its gradient', () => {
  const x = vector('x', 4);
  const direction = constant([0.5, -1, 0.25, 2]);
  const loss = reduceMean(mul(softmax(x), constant([1, 2, 3, 4])));
  const [slope = x] = gradients(loss, [x]);
  const along = reduceSum(mul(slope, direction));
  const feeds = new Map([[x, tensorOf([4], [0.3, -0.2, 1, 0.1])]]);
  const [product] = evaluate(gradients(along, [x]), feeds);
  expect(relativeError(product?.data ?? [], centralDifferences(along, feeds, x))).toBeLessThan(1e-8);
});

test('a deep chain is differentiated without running out of stack, one rule an operator', () => {
  const x = input('x', 'float32', []);
  let y = x;
  for (let depth = 0; depth < 20_000; depth++) y = sub(y, 0.001);
  const [gradient] = gradients(y, [x]);
  expect(nodesBefore(gradient === undefined ? [] : [gradient])).toHaveLength(0);
});
