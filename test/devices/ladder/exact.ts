import type { Graph } from '../../../src/graph/index.ts';
import type { Weights } from '../../../src/programs/parameters.ts';
import type { Tensors } from '../../../src/runtime/tensor.ts';
import { evaluate } from '../../support/interpreter.ts';
import { type Tensor, tensorOf } from '../../support/interpreter-tensor.ts';

/**
 * What a graph gives in exact arithmetic, nearly: evaluated in float64 by an interpreter of our own that knows no runtime.
 * It is the one reference of all devices; it takes no time worth sharing, so every device's tests compute it anew.
 * @param weights of the parameters that the graph holds
 * @returns the elements of each output, by name
 */
export function exactly(graph: Graph, feeds: Tensors, weights: Weights): Readonly<Record<string, readonly number[]>> {
  const fed = graph.inputs.map(({ name, value }) => {
    const given = feeds[name];
    if (given === undefined) throw new Error(`${name} is not fed`);
    return [value, tensorOf(given.shape, Array.from<number | bigint | string, number>(given.data, Number))] as const;
  });
  const held = graph.parameters.map(({ name, value }): readonly [typeof value, Tensor] => [
    value,
    tensorOf(value.shape.map(Number), weights.get(name) ?? []),
  ]);
  const values = graph.outputs.map(({ value }) => value);
  const results = evaluate(values, new Map([...fed, ...held]));
  return Object.fromEntries(graph.outputs.map(({ name }, index) => [name, Array.from(results[index]?.data ?? [])]));
}
