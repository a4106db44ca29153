import type { HeadMatrices, Matrix } from './attention-matrices.ts';

/**
 * The two heads worth showing: the one that looks back most decidedly, and the one that differs most from it.
 * @throws RangeError when there are fewer than two
 */
export function chooseHeads(heads: readonly HeadMatrices[]): readonly [HeadMatrices, HeadMatrices] {
  const first = greatest(heads, ({ weights }) => decision(weights));
  const others = heads.filter((head) => head !== first);
  const second = greatest(others, ({ weights }) => difference(first.weights, weights) * decision(weights));
  return [first, second];
}

/** How much the rows give, in the mean, to one place in their past: not themselves, and not the beginning, where all rows can look. */
function decision(weights: Matrix): number {
  const given = weights.map((row, time) => Math.max(0, ...row.slice(1, time)));
  return given.reduce((sum, share) => sum + share, 0) / given.length;
}

/** The share of their attention, in the mean, that two heads spend differently. */
function difference(left: Matrix, right: Matrix): number {
  const moved = left.flatMap((row, time) =>
    row.map((weight, past) => Math.abs(weight - (right[time]?.[past] ?? 0)) / 2),
  );
  return moved.reduce((sum, share) => sum + share, 0) / left.length;
}

function greatest<Item>(items: readonly Item[], measure: (item: Item) => number): Item {
  const [first, ...rest] = items;
  if (first === undefined) throw new RangeError('the picture needs two heads');
  return rest.reduce((best, item) => (measure(item) > measure(best) ? item : best), first);
}
