import { type WriteOptions, writeOnnx } from '../../src/export/write-onnx.ts';
import { type BuildOptions, build } from '../../src/graph/index.ts';
import { open } from '../../src/runtime/node/open.ts';
import type { Session } from '../../src/runtime/session.ts';
import type { Tensor, Tensors } from '../../src/runtime/tensor.ts';

/** Opens a file on the CPU, in this thread and with one thread: tests share the machine. */
export function openFile(file: Uint8Array): Promise<Session> {
  return open(file, { device: 'cpu', worker: false, threads: 1 });
}

/** Runs a file once. */
export async function runFile(file: Uint8Array, feeds: Tensors): Promise<Tensors> {
  const session = await openFile(file);
  try {
    return await session.run(feeds);
  } finally {
    await session.dispose();
  }
}

/** Builds a graph, writes it and runs the file once. */
export function runGraph(
  graph: Omit<BuildOptions, 'name'>,
  feeds: Tensors,
  options: WriteOptions = {},
): Promise<Tensors> {
  return runFile(writeOnnx(build({ name: 'test', ...graph }), options), feeds);
}

/** The elements of a tensor as plain numbers. */
export function numbersOf(tensor: Tensor | undefined): number[] {
  if (tensor === undefined) throw new Error('there is no such output');
  return Array.from<number | bigint | string, number>(tensor.data, Number);
}

/** The largest distance between two lists of numbers of one length; infinite where only one is NaN. */
export function distance(left: ArrayLike<number>, right: ArrayLike<number>): number {
  if (left.length !== right.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let index = 0; index < left.length; index += 1) {
    const [a = 0, b = 0] = [left[index], right[index]];
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(largest, difference);
  }
  return largest;
}
