import { describe, expect, test } from 'vitest';
import { writeOnnx } from '../../src/export/write-onnx.ts';
import {
  add,
  build,
  gradients,
  input,
  type NamedValue,
  nodesBefore,
  reduceSumSquare,
  type Shape,
  type Value,
} from '../../src/graph/index.ts';
import { ownOperators } from '../../src/graph/operators/index.ts';
import { uniform } from '../../src/random/counter.ts';
import { open } from '../../src/runtime/node/open.ts';
import { type Tensors as Feeds, tensor } from '../../src/runtime/tensor.ts';
import { evaluate, type Tensors } from '../support/interpreter.ts';
import { centralDifferences, relativeError } from '../support/interpreter-differences.ts';
import { sizeOf, type Tensor, tensorOf } from '../support/interpreter-tensor.ts';
import { type Row, rows } from './gradient-rules.rows.ts';

interface Case {
  readonly inputs: readonly NamedValue[];
  readonly feeds: Tensors;
  readonly output: Value;
  /** The sum of the output's squares: its gradient depends on the inputs even where the operator is linear. */
  readonly loss: Value;
  readonly first: readonly Value[];
  /** The sum of the gradients' squares, whose gradients are second derivatives. */
  readonly curvature: Value;
  readonly second: readonly Value[];
}

/** Numbers of either sign, between 0.2 and 2 in size (or positive ones), so that no kink is near. */
function draw(shape: readonly number[], stream: number, positive: boolean): Tensor {
  const numbers = Array.from({ length: sizeOf(shape) }, (_, index) => {
    const size = 0.2 + 1.8 * uniform(7, stream, index);
    return Math.fround(positive || uniform(8, stream, index) < 0.5 ? size : -size);
  });
  return tensorOf(shape, numbers);
}

const sumOfSquares = (values: readonly Value[]): Value => values.map((value) => reduceSumSquare(value)).reduce(add);

function caseOf({ shapes, positive = false, apply }: Row): Case {
  const inputs = shapes.map((shape, index) => {
    const name = `x${index}`;
    return { name, value: input(name, 'float32', shapeFrom(shape)) };
  });
  const values = inputs.map(({ value }) => value);
  const feeds = new Map(values.map((value, index) => [value, draw(lengths(value.shape), index, positive)]));
  const output = apply(...values);
  const loss = sumOfSquares([output]);
  const first = gradients(loss, values);
  const curvature = sumOfSquares(first);
  return { inputs, feeds, output, loss, first, curvature, second: gradients(curvature, values) };
}

/** What the symbols in the rows' shapes stand for. */
const symbols: Readonly<Record<string, number>> = { batch: 2, time: 3 };

function shapeFrom(text: string): Shape {
  return text === '' ? [] : text.split(' ').map((length) => (length in symbols ? length : Number(length)));
}

function lengths(shape: Shape): number[] {
  return shape.map((length) => (typeof length === 'number' ? length : (symbols[length] ?? 0)));
}

function errorsByInput({ inputs, feeds }: Case, loss: Value, byGraph: readonly Value[]): number[] {
  const computed = evaluate(byGraph, feeds);
  return inputs.map(({ value }, index) =>
    relativeError(computed[index]?.data ?? [], centralDifferences(loss, feeds, value)),
  );
}

const differentiable = ownOperators.flatMap(({ name, gradient }) => (gradient === undefined ? [] : [name])).sort();

test('every rule has a row, and every row reaches its rule', () => {
  expect([...new Set(rows.map(({ operator }) => operator))].sort()).toEqual(differentiable);
  for (const row of rows) {
    const { output } = caseOf(row);
    expect(nodesBefore([output]).map(({ operator }) => operator.name)).toContain(row.operator);
  }
});

describe.each(rows)('$operator, $what', (row) => {
  test('the gradient by every input equals central differences', () => {
    const it = caseOf(row);
    expect(Math.max(...errorsByInput(it, it.loss, it.first))).toBeLessThan(1e-6);
  });

  test('the gradient of the gradient equals central differences', () => {
    const it = caseOf(row);
    expect(Math.max(...errorsByInput(it, it.curvature, it.second))).toBeLessThan(1e-6);
  });

  test('ONNX Runtime computes the same output, gradients and second derivatives', async () => {
    const it = caseOf(row);
    const values = [it.output, ...it.first, ...it.second];
    const outputs = values.map((value, index) => ({ name: `y${index}`, value }));
    const session = await open(writeOnnx(build({ name: 'row', inputs: it.inputs, outputs })), {
      worker: false,
      device: 'cpu',
      threads: 1,
    });
    const results = await session.run(feedsOf(it));
    await session.dispose();
    const expected = evaluate(values, it.feeds);
    for (const [index, { shape, data }] of expected.entries()) {
      expect(results[`y${index}`]?.shape).toEqual(shape);
      expect(relativeError(Array.from(results[`y${index}`]?.data ?? [], Number), data)).toBeLessThan(1e-5);
    }
  });
});

function feedsOf({ inputs, feeds }: Case): Feeds {
  const entries = inputs.map(({ name, value }) => {
    const { shape, data } = feeds.get(value) ?? tensorOf([], [0]);
    return [name, tensor('float32', shape, Float32Array.from(data))] as const;
  });
  return Object.fromEntries(entries);
}
