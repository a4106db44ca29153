import { emit, emitOne } from '../emit.ts';
import { constant } from '../leaves.ts';
import type { Value } from '../value.ts';

/** Rows of a table by their numbers: along `axis`, each index becomes the slice it names. ONNX Gather-13. */
export function gather(data: Value, indices: Value, { axis = 0 }: { axis?: number } = {}): Value {
  return emitOne('Gather', [data, indices], { axis });
}

/** One element for each index, taken along `axis` at the index's own place on the other axes. ONNX GatherElements-13. */
export function gatherElements(data: Value, indices: Value, { axis }: { axis: number }): Value {
  return emitOne('GatherElements', [data, indices], { axis });
}

/** A copy of `data` with `updates` put (or added) where `indices` point along `axis`. ONNX ScatterElements-16. */
export function scatterElements(
  data: Value,
  indices: Value,
  updates: Value,
  { axis, reduction = 'none' }: { axis: number; reduction?: 'none' | 'add' },
): Value {
  return emitOne('ScatterElements', [data, indices, updates], { axis, reduction });
}

/** The `count` largest elements along an axis, in descending order (ties by position), and their positions. ONNX TopK-11. */
export function topK(x: Value, count: number, { axis }: { axis: number }): { values: Value; indices: Value } {
  const k = constant([count], 'int64');
  const [values, indices] = emit('TopK', [x, k], { axis, largest: 1, sorted: 1, lengths: [count] });
  if (values === undefined || indices === undefined) throw new TypeError('TopK yields two outputs');
  return { values, indices };
}
