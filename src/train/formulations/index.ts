import { rewriteValues, type Value } from '../../graph/index.ts';
import type { Formulation } from './formulation.ts';
import { geluByDerivative } from './gelu.ts';
import { additiveMask } from './masked-softmax.ts';

/** What a training step computes in another way than the model spells it out; the first that fits a node is taken. */
export const formulations: Readonly<Record<string, Formulation>> = { additiveMask, geluByDerivative };

/**
 * The same value, computed in the ways that are cheapest to train through. What each is worth is measured in docs/performance.md.
 * @param chosen the formulations to use: all unless told
 */
export function formulatedForTraining(
  value: Value,
  chosen: readonly Formulation[] = Object.values(formulations),
): Value {
  const node: Formulation = (node, inputs) => {
    for (const formulation of chosen) {
      const outputs = formulation(node, inputs);
      if (outputs !== undefined) return outputs;
    }
    return undefined;
  };
  return rewriteValues([value], { node })[0] ?? value;
}
