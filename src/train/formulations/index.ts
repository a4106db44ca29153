import { type Node, nodesBefore, type Rewriting, rewriteValues, type Value } from '../../graph/index.ts';
import { factorsLast } from './factors-last.ts';
import type { Formulation } from './formulation.ts';
import { geluDerivative, geluOfRatio } from './gelu.ts';
import { fewerTransposes, lengthsBeforeTranspose, oneReshape } from './layout.ts';
import { additiveMask } from './masked-softmax.ts';
import { narrowerFactorTurned } from './narrower-factor.ts';
import { comparedPlaces, oneHotProduct } from './scattered.ts';
import { turnedFactors } from './turned-product.ts';

type Formulations = Readonly<Record<string, Formulation>>;

/**
 * What is computed in another way than a model or a gradient rule spells it out, because a runtime is quicker at it; what each is worth
 * is measured in docs/performance.md. Each group goes over a graph once; of a group, a node takes the first that fits.
 */
export const formulations = {
  /** Of a loss, before it is differentiated. */
  loss: { additiveMask, geluOfRatio },
  /** Of what differentiation added, ... */
  gradients: { geluDerivative, factorsLast },
  /** ... and of what then has become of it. */
  products: { narrowerFactorTurned, turnedFactors, oneHotProduct, comparedPlaces },
  /** Of every program. */
  program: { fewerTransposes, oneReshape, lengthsBeforeTranspose },
} as const satisfies Readonly<Record<string, Formulations>>;

/** The same loss, computed in the ways that are cheapest to train through. */
export function formulatedLoss(loss: Value, chosen: Formulations = formulations.loss): Value {
  return formulated([loss], chosen)[0] ?? loss;
}

/** The same gradients of a loss; what the loss itself is made of stays. */
export function formulatedGradients(
  loss: Value,
  gradients: readonly Value[],
  chosen: readonly Formulations[] = [formulations.gradients, formulations.products],
): readonly Value[] {
  const kept = new Set(nodesBefore([loss]));
  return chosen.reduce((made, group) => formulated(made, group, kept), gradients);
}

/**
 * The same values, as a program computes them.
 * @param leaf what stands for a leaf from now on; see `rewriteValues`
 */
export function formulatedProgram(values: readonly Value[], leaf?: Rewriting['leaf']): readonly Value[] {
  return formulated(values, formulations.program, new Set(), leaf);
}

function formulated(
  values: readonly Value[],
  chosen: Formulations,
  kept: ReadonlySet<Node> = new Set(),
  leaf: Rewriting['leaf'] = () => undefined,
): readonly Value[] {
  const isAdded = (node: Node): boolean => !kept.has(node);
  const node: Rewriting['node'] = (node, inputs) => {
    if (!isAdded(node)) return undefined;
    for (const formulation of Object.values(chosen)) {
      const outputs = formulation(node, inputs, isAdded);
      if (outputs !== undefined) return outputs;
    }
    return undefined;
  };
  return rewriteValues(values, { leaf, node });
}
