import type { Node } from '../../src/graph/index.ts';
import {
  at,
  broadcastShape,
  broadcastTo,
  type Kernel,
  offsets,
  pick,
  positive,
  sizeOf,
  stridesOf,
  type Tensor,
} from './interpreter-tensor.ts';

/** An attribute that is a list of integers. */
export function listOf({ attributes }: Node, name: string): readonly number[] {
  const value = attributes[name];
  return Array.isArray(value) ? value.map(Number) : [];
}

/** An input that is a vector of integers. */
const integersIn = (vector: Tensor | undefined): number[] => Array.from(vector?.data ?? []);

const transposeKernel: Kernel = ([x], node) => {
  const permutation = listOf(node, 'perm');
  const strides = stridesOf(x.shape);
  return [
    pick(
      x,
      permutation.map((axis) => at(x.shape, axis)),
      permutation.map((axis) => at(strides, axis)),
    ),
  ];
};

/** 0 is the input's own length, −1 is whatever is left. */
const reshapeKernel: Kernel = ([x, target]) => {
  const shape = integersIn(target).map((length, axis) => (length === 0 ? at(x.shape, axis) : length));
  const rest = x.data.length / sizeOf(shape.filter((length) => length !== -1));
  return [{ shape: shape.map((length) => (length === -1 ? rest : length)), data: x.data }];
};

const squeezeKernel: Kernel = ([x], node) => {
  const gone = listOf(node, 'axes').map((axis) => positive(axis, x.shape.length));
  return [{ shape: x.shape.filter((_, axis) => !gone.includes(axis)), data: x.data }];
};

const unsqueezeKernel: Kernel = ([x], node) => {
  const axes = listOf(node, 'axes');
  const rank = x.shape.length + axes.length;
  const added = axes.map((axis) => positive(axis, rank));
  const old = [...x.shape];
  return [
    { shape: Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? 1 : (old.shift() ?? 1))), data: x.data },
  ];
};

const concatKernel: Kernel = (parts, node) => {
  const [first] = parts;
  const axis = positive(Number(node.attributes.axis), first.shape.length);
  const length = parts.reduce((sum, part) => sum + at(part.shape, axis), 0);
  const shape = first.shape.map((size, position) => (position === axis ? length : size));
  const data = new Float64Array(sizeOf(shape));
  let start = 0;
  for (const part of parts) {
    const places = offsets(part.shape, stridesOf(shape), start);
    for (const [index, place] of places.entries()) data[place] = at(part.data, index);
    start += at(part.shape, axis) * at(stridesOf(shape), axis);
  }
  return [{ shape, data }];
};

const splitKernel: Kernel = ([x, sizes], node) => {
  const axis = positive(Number(node.attributes.axis), x.shape.length);
  const strides = stridesOf(x.shape);
  let start = 0;
  return integersIn(sizes).map((size) => {
    const shape = x.shape.map((length, position) => (position === axis ? size : length));
    const part = pick(x, shape, strides, start);
    start += size * at(strides, axis);
    return part;
  });
};

const sliceKernel: Kernel = ([x, starts, ends, axes]) => {
  const strides = stridesOf(x.shape);
  const shape = [...x.shape];
  let origin = 0;
  for (const [index, axis] of integersIn(axes).entries()) {
    const length = at(x.shape, axis);
    const [start, end] = [starts, ends].map((bounds) => {
      const bound = at(integersIn(bounds), index);
      return Math.min(Math.max(bound < 0 ? bound + length : bound, 0), length);
    }) as [number, number];
    shape[axis] = Math.max(end - start, 0);
    origin += start * at(strides, axis);
  }
  return [pick(x, shape, strides, origin)];
};

const triluKernel: Kernel = ([x, diagonal], node) => {
  const [rows, columns] = [at(x.shape, x.shape.length - 2), at(x.shape, x.shape.length - 1)];
  const k = integersIn(diagonal)[0] ?? 0;
  const upper = node.attributes.upper === 1;
  const keeps = (index: number): boolean => {
    const [row, column] = [Math.floor(index / columns) % rows, index % columns];
    return upper ? column >= row + k : column <= row + k;
  };
  return [{ shape: x.shape, data: x.data.map((element, index) => (keeps(index) ? element : 0)) }];
};

const gatherKernel: Kernel = ([data, indices], node) => {
  if (indices === undefined) throw new Error('Gather has no indices');
  const axis = positive(Number(node.attributes.axis), data.shape.length);
  const [before, after] = [data.shape.slice(0, axis), data.shape.slice(axis + 1)];
  const strides = stridesOf(data.shape);
  const elements: number[] = [];
  for (const outer of offsets(before, strides.slice(0, axis))) {
    for (const index of indices.data) {
      const start = outer + positive(index, at(data.shape, axis)) * at(strides, axis);
      for (const place of offsets(after, strides.slice(axis + 1), start)) elements.push(at(data.data, place));
    }
  }
  return [{ shape: [...before, ...indices.shape, ...after], data: Float64Array.from(elements) }];
};

/** Where each index points in the data: its own place, but along the axis where it says. */
function elementPlaces(data: Tensor, indices: Tensor, node: Node): Int32Array {
  const axis = positive(Number(node.attributes.axis), data.shape.length);
  const strides = stridesOf(data.shape);
  const others = strides.map((stride, position) => (position === axis ? 0 : stride));
  return offsets(indices.shape, others).map(
    (place, index) => place + positive(at(indices.data, index), at(data.shape, axis)) * at(strides, axis),
  );
}

const gatherElementsKernel: Kernel = ([data, indices], node) => {
  if (indices === undefined) throw new Error('GatherElements has no indices');
  const places = elementPlaces(data, indices, node);
  return [{ shape: indices.shape, data: Float64Array.from(places, (place) => at(data.data, place)) }];
};

const scatterElementsKernel: Kernel = ([data, indices, updates], node) => {
  if (indices === undefined || updates === undefined) throw new Error('ScatterElements has no indices or updates');
  const adds = node.attributes.reduction === 'add';
  const result = Float64Array.from(data.data);
  for (const [index, place] of elementPlaces(data, indices, node).entries()) {
    result[place] = (adds ? at(result, place) : 0) + at(updates.data, index);
  }
  return [{ shape: data.shape, data: result }];
};

const rangeKernel: Kernel = ([start, limit, step]) => {
  const [from, to, by] = [start, limit, step].map((scalar) => scalar?.data[0] ?? 0) as [number, number, number];
  const data = Float64Array.from({ length: Math.max(Math.ceil((to - from) / by), 0) }, (_, index) => from + index * by);
  return [{ shape: [data.length], data }];
};

/** Operators that move elements about. */
export const shapeKernels: Readonly<Record<string, Kernel>> = {
  Transpose: transposeKernel,
  Reshape: reshapeKernel,
  Squeeze: squeezeKernel,
  Unsqueeze: unsqueezeKernel,
  Expand: ([x, shape]) => [broadcastTo(x, broadcastShape(x.shape, integersIn(shape)))],
  Concat: concatKernel,
  Split: splitKernel,
  Slice: sliceKernel,
  Trilu: triluKernel,
  Gather: gatherKernel,
  GatherElements: gatherElementsKernel,
  ScatterElements: scatterElementsKernel,
  Range: rangeKernel,
  Shape: ([x], { attributes: { start, end } }) => {
    const lengths = x.shape.slice(Number(start), Number(end));
    return [{ shape: [lengths.length], data: Float64Array.from(lengths) }];
  },
};
