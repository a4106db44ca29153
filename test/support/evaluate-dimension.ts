import type { Dimension, Shape } from '../../src/graph/index.ts';

/** The sizes that symbols have in one run. */
export type Sizes = Readonly<Record<string, number>>;

/** What a dimension comes to: reads the printed form (`past*2 + time - 1`) in the plainest way. */
export function evaluateDimension(dimension: Dimension, sizes: Sizes): number {
  const terms = `${dimension}`.replaceAll(' - ', ' + -1*').split(' + ');
  return terms.reduce(
    (sum, term) => sum + term.split('*').reduce((product, factor) => product * read(factor, sizes), 1),
    0,
  );
}

function read(factor: string, sizes: Sizes): number {
  const size = /^-?\d+$/.test(factor) ? Number(factor) : sizes[factor];
  if (size === undefined) throw new Error(`${factor} has no size`);
  return size;
}

/** A shape in numbers. */
export function evaluateShape(shape: Shape, sizes: Sizes): number[] {
  return shape.map((dimension) => evaluateDimension(dimension, sizes));
}
