import { cast, equal, matMul, range, transpose, where } from '../../graph/index.ts';
import type { Formulation } from './formulation.ts';
import { matched } from './pattern.ts';

/** Up to this many rows a product with a one-hot matrix beats scattering, runs on every device and always sums in one order. */
const mostRowsForProduct = 1024;

/** Rows added up where they belong in a table, as a product with a one-hot matrix: the gradient of a lookup. */
export const oneHotProduct: Formulation = (node, inputs) => {
  const lookup = ['ScatterElements', ['Expand', 0, 'shape'], ['Expand', 'places', 'size'], 'updates'] as const;
  const { places, updates } = matched(lookup, node, inputs) ?? {};
  const { axis, reduction } = node.attributes;
  const [rows] = node.outputs[0]?.shape ?? [];
  if (places?.rank !== 2 || places.shape[1] !== 1 || updates === undefined) return undefined;
  if (axis !== 0 || reduction !== 'add' || typeof rows !== 'number' || rows > mostRowsForProduct) return undefined;
  const oneHot = cast(equal(cast(places, 'int32'), range(rows)), updates.type); // (places, rows)
  return [matMul(transpose(oneHot), updates)];
};

/** One element a row put where it belongs, found by comparison, without the atomic additions of a scatter. */
export const comparedPlaces: Formulation = (node, inputs) => {
  const picked = ['ScatterElements', ['Expand', 0, 'shape'], 'places', 'updates'] as const;
  const { places, updates } = matched(picked, node, inputs) ?? {};
  const { axis, reduction } = node.attributes;
  const { rank = 0, shape = [] } = node.outputs[0] ?? {};
  const length = shape.at(-1);
  if (places?.shape.at(-1) !== 1 || updates === undefined || typeof length !== 'number') return undefined;
  if (reduction !== 'add' || (axis !== -1 && axis !== rank - 1)) return undefined;
  return [where(equal(cast(places, 'int32'), range(length)), updates, 0)];
};
