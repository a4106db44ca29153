/** A measured value at a size. */
export interface Sample {
  readonly size: number;
  readonly value: number;
}

/**
 * The exponent of a power law through samples: the slope of the straight line through their logarithms by least squares. 1 is "twice
 * the size, twice the value"; undefined where there are fewer than two sizes.
 */
export function exponentOf(samples: readonly Sample[]): number | undefined {
  const points = samples.map(({ size, value }) => [Math.log(size), Math.log(value)] as const);
  const mean = (axis: 0 | 1): number => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [meanSize, meanValue] = [mean(0), mean(1)];
  const spread = points.reduce((sum, [size]) => sum + (size - meanSize) ** 2, 0);
  const together = points.reduce((sum, [size, value]) => sum + (size - meanSize) * (value - meanValue), 0);
  return spread > 0 ? together / spread : undefined;
}

/**
 * The factors, none below 0, with which terms add up to values best: least squares of the relative errors, by the normal equations.
 * A term that would count negatively is left out, its factor 0.
 * @param rows for each value, what its terms are
 * @returns undefined where the values don't tell the terms apart
 */
export function termFactors(rows: readonly (readonly number[])[], values: readonly number[]): number[] | undefined {
  const relative = rows.map((row, index) => row.map((term) => term / (values[index] ?? Number.NaN)));
  // Each term by its size, so that numbers of bytes and of layers are of one order.
  const sizes = (rows[0] ?? []).map((_, term) => Math.hypot(...relative.map((row) => row[term] ?? 0)));
  const scaled = relative.map((row) => row.map((term, index) => term / (sizes[index] ?? 1)));
  let counted = sizes.map((_, term) => term);
  while (counted.length > 0) {
    const dot = (left: number, right: number): number =>
      scaled.reduce((sum, row) => sum + (row[left] ?? 0) * (row[right] ?? 0), 0);
    const matrix = counted.map((left) => counted.map((right) => dot(left, right)));
    const sums = counted.map((term) => scaled.reduce((sum, row) => sum + (row[term] ?? 0), 0));
    const solution = solve(matrix, sums);
    if (solution === undefined) return undefined;
    const least = Math.min(...solution);
    if (least >= 0) {
      return sizes.map((size, term) => (counted.includes(term) ? (solution[counted.indexOf(term)] ?? 0) / size : 0));
    }
    const worst = counted[solution.indexOf(least)];
    counted = counted.filter((term) => term !== worst);
  }
  return undefined;
}

/** A pivot below this, beside numbers of about 1, is rounding error: the equations depend on each other. */
const singular = 1e-9;

/** Solves linear equations by Gaussian elimination; undefined where they depend on each other. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] | undefined {
  const rows = matrix.map((row, index) => [...row, right[index] ?? 0]);
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0;
  for (let column = 0; column < rows.length; column++) {
    const below = rows.slice(column).map((row) => Math.abs(row[column] ?? 0));
    const pivot = column + below.indexOf(Math.max(...below));
    if (Math.abs(at(pivot, column)) < singular) return undefined;
    const [taken = [], replaced = []] = [rows[pivot], rows[column]];
    rows[pivot] = replaced;
    rows[column] = taken.map((value) => value / (taken[column] ?? 1));
    for (let row = 0; row < rows.length; row++) {
      if (row === column) continue;
      const factor = at(row, column);
      rows[row] = rows[row]?.map((value, index) => value - factor * at(column, index)) ?? [];
    }
  }
  return rows.map((row) => row.at(-1) ?? 0);
}
