import { add, softmax, where } from '../../graph/index.ts';
import { type Formulation, isNumber, madeBy } from './formulation.ts';

/**
 * Softmax(Where(future, −∞, scores)) as Softmax(scores + Where(future, −∞, 0)): one addition of a small mask, where Where passes over
 * all scores at a fifth of an addition's speed, twice. Back, the scores' gradient needs no mask, because softmax's is 0 where its
 * result is.
 */
export const additiveMask: Formulation = (node, [masked]) => {
  if (node.operator.name !== 'Softmax') return undefined;
  const [condition, chosen, scores] = madeBy('Where', masked)?.inputs ?? [];
  if (condition === undefined || chosen === undefined || scores === undefined) return undefined;
  if (!isNumber(chosen, -Infinity) || condition.rank > scores.rank) return undefined;
  return [softmax(add(scores, where(condition, chosen, 0)), { axis: Number(node.attributes.axis) })];
};
