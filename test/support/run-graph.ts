import { type WriteOptions, writeOnnx } from '../../src/export/write-onnx.ts';
import { type BuildOptions, build } from '../../src/graph/index.ts';
import { open } from '../../src/runtime/node/open.ts';
import type { Session } from '../../src/runtime/session.ts';
import type { Tensors } from '../../src/runtime/tensor.ts';

export { distance, numbersOf } from './compare.ts';

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
