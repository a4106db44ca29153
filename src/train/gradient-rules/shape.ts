import {
  concat,
  constant,
  dimensionOf,
  matMul,
  producer,
  reshapeLike,
  type SliceRange,
  slice,
  split,
  squeeze,
  transpose,
  trilu,
  unsqueeze,
  type Value,
} from '../../graph/index.ts';
import { arriving, operand, type Rule, reduceTo, transposed, zerosLike } from './rule.ts';

const integers = (value: unknown): readonly number[] => (Array.isArray(value) ? value.map(Number) : []);

/** The gradient is turned back. Where it is a product of matrices, its factors are turned and change places: no tensor is moved. */
const transposeRule: Rule = (call) => {
  const permutation = integers(call.node.attributes.perm);
  const product = producer(arriving(call));
  const [left, right] = product?.inputs ?? [];
  if (product?.operator.name === 'MatMul' && permutation.join() === '1,0' && left?.rank === 2 && right !== undefined) {
    return [matMul(transposed(right), transposed(left))];
  }
  return [
    transpose(
      arriving(call),
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ];
};

const concatRule: Rule = (call) => {
  const axis = Number(call.node.attributes.axis);
  const parts = call.node.inputs.filter((part) => part !== undefined);
  const sizes = parts.map((part) => part.shape.at(axis));
  if (sizes.every((size) => typeof size === 'number')) return split(arriving(call), sizes, { axis });
  let rest = arriving(call);
  return parts.map((part) => {
    const end = dimensionOf(part, axis);
    const gradient = slice(rest, { axis, end });
    rest = slice(rest, { axis, start: end });
    return gradient;
  });
};

const splitRule: Rule = (call) => {
  const parts = call.node.outputs.map((output, index) => call.gradients[index] ?? zerosLike(output));
  return [concat(parts, { axis: Number(call.node.attributes.axis) })];
};

/** The gradient stays where the slice was taken, between zeros that are cut from a zero tensor at the same bounds. */
const sliceRule: Rule = (call) => {
  const x = operand(call, 0);
  const bounds = sliceRanges(call.node.inputs);
  return [
    bounds.reduceRight((gradient, range, index) => {
      const frame = bounds.slice(0, index).reduce((value, outer) => slice(value, outer), zerosLike(x));
      const before = range.start === 0 ? [] : [slice(frame, { axis: range.axis, end: range.start ?? 0 })];
      const after = range.end === toTheEnd ? [] : [slice(frame, { axis: range.axis, start: range.end ?? 0 })];
      return before.length + after.length === 0
        ? gradient
        : concat([...before, gradient, ...after], { axis: range.axis });
    }, arriving(call)),
  ];
};

const toTheEnd = 2 ** 31 - 1;

function sliceRanges([, starts, ends, axes]: readonly (Value | undefined)[]): SliceRange[] {
  return constantIntegers(axes).map((axis, index) => ({ axis, start: bound(starts, index), end: bound(ends, index) }));
}

/** One element of a vector of bounds: its number where it is constant, else a value that holds it. */
function bound(bounds: Value | undefined, index: number): number | Value {
  if (bounds === undefined) return 0;
  if (bounds.source.kind === 'constant') return constantIntegers(bounds)[index] ?? 0;
  return bounds.shape[0] === 1 ? bounds : bound(producer(bounds)?.inputs[index], 0); // a Concat of single bounds
}

function constantIntegers(value: Value | undefined): number[] {
  if (value?.source.kind !== 'constant') return [];
  const { data } = value.source;
  return Array.from({ length: data.length }, (_, index) => Number(data[index]));
}

export const shapeRules: Readonly<Record<string, Rule>> = {
  Reshape: (call) => [reshapeLike(arriving(call), operand(call, 0))],
  Transpose: transposeRule,
  Squeeze: (call) => [unsqueeze(arriving(call), integers(call.node.attributes.axes))],
  Unsqueeze: (call) => [squeeze(arriving(call), integers(call.node.attributes.axes))],
  Expand: (call) => [reduceTo(arriving(call), operand(call, 0))],
  Concat: concatRule,
  Split: splitRule,
  Slice: sliceRule,
  Trilu: (call) => {
    const { source } = call.node.inputs[1] ?? constant(0);
    const k = source.kind === 'constant' ? Number(source.data[0]) : 0;
    return [trilu(arriving(call), { upper: call.node.attributes.upper === 1, k })];
  },
};
