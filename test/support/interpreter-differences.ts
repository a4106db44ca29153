import { contents, type Value } from '../../src/graph/index.ts';
import { evaluate, interpreter, type Tensors } from './interpreter.ts';
import { at } from './interpreter-tensor.ts';

/**
 * The slope of a scalar by every element of a fed leaf, from its values a little above and below, in float64.
 * With a step of 1e-5 the error is about 1e-10 of what the loss and its third derivative measure.
 */
export function centralDifferences(loss: Value, feeds: Tensors, leaf: Value, step = 1e-5): Float64Array {
  const tensor = feeds.get(leaf);
  if (tensor === undefined) throw new Error(`${leaf} is not fed`);
  const data = Float64Array.from(tensor.data);
  const { captured } = contents({ inputs: [leaf], outputs: [loss] }); // what does not depend on the leaf is computed once
  const held = evaluate(captured, feeds);
  const moved = new Map(captured.map((value, index) => [value, held[index] ?? tensor]));
  moved.set(leaf, { shape: tensor.shape, data });
  const run = interpreter([loss], moved.keys());
  const lossWith = (index: number, element: number): number => {
    data[index] = element;
    return at(run(moved)[0]?.data ?? [], 0);
  };
  return tensor.data.map((element, index) => {
    const slope = (lossWith(index, element + step) - lossWith(index, element - step)) / (2 * step);
    data[index] = element;
    return slope;
  });
}

/** The norm of the difference, divided by the norm of what is expected; 0 where both are all zeros. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) throw new Error(`${actual.length} elements, not ${expected.length}`);
  const difference = norm(Array.from(expected, (element, index) => at(actual, index) - element));
  return difference === 0 ? 0 : difference / norm(expected);
}

export function norm(elements: ArrayLike<number>): number {
  return Math.sqrt(Array.from(elements).reduce((sum, element) => sum + element * element, 0));
}
