import { formatShape, sameShape } from '../dimensions.ts';
import { emit, emitOne } from '../emit.ts';
import { constant } from '../leaves.ts';
import type { Operator, Value } from '../value.ts';
import { dimensions, integer, mustAgree, mustBe, required, resolveAxis, withAxis } from './rules.ts';

const gatherOperator: Operator = {
  name: 'Gather',
  since: 13,
  attributes: { axis: 'int' },
  infer: (call) => {
    const [data, indices] = [required(call, 0), required(call, 1)];
    mustBe(indices, 'int32', 'int64');
    const axis = resolveAxis(integer(call, 'axis'), data.rank);
    return [
      { type: data.type, shape: [...data.shape.slice(0, axis), ...indices.shape, ...data.shape.slice(axis + 1)] },
    ];
  },
};

/** Rows of a table by their numbers: along `axis`, each index becomes the slice it names. ONNX Gather-13. */
export function gather(data: Value, indices: Value, { axis = 0 }: { axis?: number } = {}): Value {
  return emitOne(gatherOperator, [data, indices], { axis });
}

const gatherElementsOperator: Operator = {
  name: 'GatherElements',
  since: 13,
  attributes: { axis: 'int' },
  infer: (call) => {
    const [data, indices] = [required(call, 0), required(call, 1)];
    mustBe(indices, 'int32', 'int64');
    if (data.rank !== indices.rank) throw new Error('data and indices must have one rank');
    resolveAxis(integer(call, 'axis'), data.rank);
    return [{ type: data.type, shape: indices.shape }];
  },
};

/** One element for each index, taken along `axis` at the index's own place on the other axes. ONNX GatherElements-13. */
export function gatherElements(data: Value, indices: Value, { axis }: { axis: number }): Value {
  return emitOne(gatherElementsOperator, [data, indices], { axis });
}

const scatterElementsOperator: Operator = {
  name: 'ScatterElements',
  since: 16,
  attributes: { axis: 'int', reduction: 'string' },
  infer: (call) => {
    const [data, indices, updates] = [required(call, 0), required(call, 1), required(call, 2)];
    mustBe(indices, 'int32', 'int64');
    mustAgree(data, updates);
    if (!sameShape(indices.shape, updates.shape)) {
      throw new Error(
        `indices ${formatShape(indices.shape)} and updates ${formatShape(updates.shape)} differ in shape`,
      );
    }
    if (data.rank !== indices.rank) throw new Error('data and indices must have one rank');
    resolveAxis(integer(call, 'axis'), data.rank);
    return [{ type: data.type, shape: data.shape }];
  },
};

/** A copy of `data` with `updates` put (or added) where `indices` point along `axis`. ONNX ScatterElements-16. */
export function scatterElements(
  data: Value,
  indices: Value,
  updates: Value,
  { axis, reduction = 'none' }: { axis: number; reduction?: 'none' | 'add' },
): Value {
  return emitOne(scatterElementsOperator, [data, indices, updates], { axis, reduction });
}

const topKOperator: Operator = {
  name: 'TopK',
  since: 11,
  attributes: { axis: 'int', largest: 'int', sorted: 'int' },
  infer: (call) => {
    const x = required(call, 0);
    const axis = resolveAxis(integer(call, 'axis'), x.rank);
    const [count = 0] = dimensions(call, 'lengths');
    const length = x.shape[axis] ?? 0;
    if (Number(count) > Number(length)) throw new Error(`axis ${axis} has ${length} elements, not ${count}`);
    const shape = withAxis(x.shape, axis, count);
    return [
      { type: x.type, shape },
      { type: 'int64', shape },
    ];
  },
};

/** The `count` largest elements along an axis, in descending order (ties by position), and their positions. ONNX TopK-11. */
export function topK(x: Value, count: number, { axis }: { axis: number }): { values: Value; indices: Value } {
  const k = constant([count], 'int64');
  const [values, indices] = emit(topKOperator, [x, k], { axis, largest: 1, sorted: 1, lengths: [count] });
  if (values === undefined || indices === undefined) throw new TypeError('TopK yields two outputs');
  return { values, indices };
}
