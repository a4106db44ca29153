import { UserError } from '../errors.ts';
import { elementCount, type Tensor, tensorAround, zeroTensor } from './tensor.ts';

/** One element along the first axis. It looks at the tensor's own memory. @param whole (N, …) @returns (…) */
export function rowOf({ type, shape, data }: Tensor, index: number): Tensor {
  const rest = shape.slice(1);
  const size = elementCount(rest);
  const [start, end] = [index * size, (index + 1) * size];
  return tensorAround(type, rest, 'subarray' in data ? data.subarray(start, end) : data.slice(start, end));
}

/** Puts tensors of one type and shape under each other. @param rows each (…), at least one @returns (N, …) */
export function stackRows(rows: readonly Tensor[]): Tensor {
  const [first] = rows;
  if (first === undefined) throw new UserError('There is nothing to stack.');
  const { type } = first;
  const shape = [rows.length, ...first.shape];
  const strays = rows.some((row) => row.type !== type || String(row.shape) !== String(first.shape));
  if (strays) throw new UserError("Tensors of several types or shapes can't be stacked.");
  if (type === 'string') return tensorAround(type, shape, rows.flatMap(stringsOf));
  const stacked = tensorAround(type, shape, zeroTensor(type, shape).data);
  const bytes = bytesOf(stacked);
  for (const [index, row] of rows.entries()) bytes.set(bytesOf(row), (index * bytes.length) / rows.length);
  return stacked;
}

function stringsOf({ data }: Tensor): string[] {
  return Array.from<number | bigint | string, string>(data, String);
}

function bytesOf({ data }: Tensor): Uint8Array {
  return 'buffer' in data ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(0);
}
