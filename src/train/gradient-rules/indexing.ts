import {
  cast,
  dimensionsOf,
  equal,
  expand,
  gatherElements,
  matMul,
  range,
  reshape,
  scatterElements,
  unsqueeze,
  type Value,
  where,
} from '../../graph/index.ts';
import { arriving, operand, type Rule, transposed, zerosLike } from './rule.ts';

/** Up to this many rows a product with a one-hot matrix beats scattering, runs on every device and always sums in one order. */
const mostRowsForProduct = 1024;

/** The gradient of a table: each row gets the sum of the gradients of the places that looked it up. */
const gatherRule: Rule = (call) => {
  const [g, table, indices] = [arriving(call), operand(call, 0), operand(call, 1)];
  const [tableRows = 1, columns = 1] = table.shape;
  if (table.rank !== 2 || call.node.attributes.axis !== 0 || typeof tableRows !== 'number') {
    throw new Error('only lookups of rows in a matrix of known size have one');
  }
  const wanted = unsqueeze(reshape(indices, [-1]), [1]); // (rows, 1)
  const updates = reshape(g, [-1, columns]); // (rows, columns)
  if (tableRows > mostRowsForProduct) {
    return [
      scatterElements(zerosLike(table), expand(wanted, dimensionsOf(updates)), updates, { axis: 0, reduction: 'add' }),
    ];
  }
  const oneHot = cast(equal(cast(wanted, 'int32'), range(tableRows)), g.type); // (rows, tableRows)
  return [matMul(transposed(oneHot), updates)];
};

/** The gradient goes where the elements were picked. */
const gatherElementsRule: Rule = (call) => {
  const [g, data, indices] = [arriving(call), operand(call, 0), operand(call, 1)];
  const axis = Number(call.node.attributes.axis);
  const length = data.shape.at(axis);
  const last = axis === -1 || axis === data.rank - 1;
  if (last && indices.shape.at(-1) === 1 && typeof length === 'number') {
    // One element a row: a comparison finds it, without the atomic additions of a scatter.
    return [where(equal(cast(indices, 'int32'), range(length)), g, 0)];
  }
  return [scatterElements(zerosLike(data), indices, g, { axis: Number(call.node.attributes.axis), reduction: 'add' })];
};

/** data + updates: the updates' gradient is read where they were put. Only the adding form is differentiable here. */
const scatterElementsRule: Rule = (call) => {
  if (call.node.attributes.reduction !== 'add') throw new Error('only the form that adds has one');
  const g = arriving(call);
  const byUpdates = (): Value => gatherElements(g, operand(call, 1), { axis: Number(call.node.attributes.axis) });
  return [g, undefined, call.wanted(2) ? byUpdates() : undefined];
};

export const indexingRules: Readonly<Record<string, Rule>> = {
  Gather: gatherRule,
  GatherElements: gatherElementsRule,
  ScatterElements: scatterElementsRule,
};
