/** Plain numbers in rows: what the references that operators are checked against compute with, in float64. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Every index of a shape, in row-major order. */
export function indices(shape: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (prefixes, size) => prefixes.flatMap((prefix) => Array.from({ length: size }, (_, index) => [...prefix, index])),
    [[]],
  );
}

/** An array whose elements are a function of their index. */
export function arrayOf(shape: readonly number[], element: (index: readonly number[]) => number): NumberArray {
  return { shape, data: indices(shape).map(element) };
}

/** The element at an index, by the rules of broadcasting: the last axes are aligned, an axis of length 1 serves every index. */
export function at({ shape, data }: NumberArray, index: readonly number[]): number {
  const aligned = index.slice(index.length - shape.length);
  const offset = shape.reduce((sum, size, axis) => sum * size + (size === 1 ? 0 : (aligned[axis] ?? 0)), 0);
  const element = data[offset];
  if (element === undefined) throw new Error(`no element at ${index.join(', ')} of (${shape.join(', ')})`);
  return element;
}

/** The shape that arrays broadcast to. */
export function commonShape(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = shapes.map((shape) => shape[axis - rank + shape.length] ?? 1);
    return sizes.find((size) => size !== 1) ?? 1;
  });
}

/** A function applied element by element, with broadcasting. */
export function zip(compute: (...elements: number[]) => number, ...arrays: readonly NumberArray[]): NumberArray {
  const shape = commonShape(...arrays.map((array) => array.shape));
  return arrayOf(shape, (index) => compute(...arrays.map((array) => at(array, index))));
}

/** All elements along some axes handed to a function; the axes stay, of length 1, or go. */
export function fold(
  array: NumberArray,
  axes: readonly number[],
  keep: boolean,
  compute: (elements: number[]) => number,
): NumberArray {
  const kept = array.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const inner = array.shape.map((size, axis) => (axes.includes(axis) ? size : 1));
  const full = arrayOf(kept, (index) =>
    compute(
      indices(inner).map((offset) =>
        at(
          array,
          offset.map((step, axis) => step + (index[axis] ?? 0)),
        ),
      ),
    ),
  );
  return { shape: keep ? kept : kept.filter((_, axis) => !axes.includes(axis)), data: full.data };
}

/** The sum of numbers. */
export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The product of the last two axes, the ones before them broadcast. */
export function product(left: NumberArray, right: NumberArray): NumberArray {
  const [rows = 1, inner = 1] = left.shape.slice(-2);
  const columns = right.shape.at(-1) ?? 1;
  const batch = commonShape(left.shape.slice(0, -2), right.shape.slice(0, -2));
  return arrayOf([...batch, rows, columns], (index) => {
    const [before, row = 0, column = 0] = [index.slice(0, -2), ...index.slice(-2)];
    const terms = Array.from(
      { length: inner },
      (_, step) => at(left, [...before, row, step]) * at(right, [...before, step, column]),
    );
    return sum(terms);
  });
}

/** The axes in another order. */
export function permuted(array: NumberArray, permutation: readonly number[]): NumberArray {
  const shape = permutation.map((axis) => array.shape[axis] ?? 1);
  return arrayOf(shape, (index) =>
    at(
      array,
      array.shape.map((_, axis) => index[permutation.indexOf(axis)] ?? 0),
    ),
  );
}

/** The same elements under another shape. */
export function shaped(array: NumberArray, shape: readonly number[]): NumberArray {
  return { shape, data: array.data };
}
