import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatShape, input, type Shape, tensorData, type Value } from '../../../src/graph/index.ts';
import { type Tensor, type Tensors, tensorAround } from '../../../src/runtime/tensor.ts';
import { distance, numbersOf, runGraph } from '../../support/run-graph.ts';
import { controlRows } from './control.rows.ts';
import { elementwiseRows } from './elementwise.rows.ts';
import { indexingRows } from './indexing.rows.ts';
import { matrixRows } from './matrix.rows.ts';
import { reductionRows } from './reduction.rows.ts';
import type { Given, Row } from './row.ts';
import { shapeRows } from './shape.rows.ts';
import { sliceRows } from './slice.rows.ts';

const rows: readonly Row[] = [
  ...elementwiseRows,
  ...matrixRows,
  ...reductionRows,
  ...indexingRows,
  ...shapeRows,
  ...sliceRows,
  ...controlRows,
];

/** The call's outputs, inferred and computed, with inputs of these shapes. */
async function run(
  { inputs, call }: Row,
  shapeOf: (given: Given) => Shape,
): Promise<{ values: readonly Value[]; results: Tensors }> {
  const named = inputs.map((given, index) => ({
    name: `input_${index}`,
    value: input(`input_${index}`, given.type, shapeOf(given)),
  }));
  const values = call(...named.map(({ value }) => value));
  const outputs = values.map((value, index) => ({ name: `output_${index}`, value }));
  const feeds = inputs.map(({ type, array }, index): [string, Tensor] => [
    `input_${index}`,
    tensorAround(type, array.shape, tensorData(type, array.data)),
  ]);
  return { values, results: await runGraph({ inputs: named, outputs }, Object.fromEntries(feeds)) };
}

describe.each(rows)('$operator: $what', (row) => {
  const expected = row.expected(...row.inputs.map(({ array }) => array));
  test.each<[string, (given: Given) => Shape]>([
    ['symbols', ({ shape }) => shape],
    ['numbers', ({ array }) => array.shape],
  ])('with shapes of %s, infers and computes', async (kind, shapeOf) => {
    const { values, results } = await run(row, shapeOf);
    for (const [index, [type, shape]] of row.yields.entries()) {
      const inferred = values[index];
      const result = results[`output_${index}`];
      const wanted = expected[index] ?? { shape: [], data: [] };
      expect(inferred?.type).toBe(type);
      const free = shape.filter((dimension) => dimension === 'turns'); // what no input tells
      if (kind === 'symbols') expect(formatShape(inferred?.shape ?? [])).toBe(formatShape(shape));
      else if (free.length === 0) expect(inferred?.shape).toEqual(wanted.shape);
      expect(result?.type).toBe(type);
      expect(result?.shape).toEqual(wanted.shape);
      expect(distance(numbersOf(result), wanted.data)).toBeLessThan(2e-5);
    }
  });
});

/** What has tests of its own. */
const elsewhere = ['attention.ts', 'labels.ts', 'quantization.ts'];

test('every call has a row in this table', async () => {
  const folder = new URL('../../../src/graph/calls/', import.meta.url);
  const calls: string[] = [];
  for (const file of readdirSync(folder).filter((name) => !elsewhere.includes(name))) {
    const exported: Record<string, unknown> = await import(new URL(file, folder).href);
    calls.push(...Object.keys(exported).filter((name) => typeof exported[name] === 'function'));
  }
  expect(calls.length).toBeGreaterThan(50);
  const covered = new Set(rows.map(({ operator }) => operator));
  expect(calls.filter((name) => !covered.has(name))).toEqual([]);
  expect([...covered].filter((name) => !calls.includes(name))).toEqual([]);
});
