import { readFileSync } from 'node:fs';
import { open } from '../../../src/runtime/node/open.ts';
import type { DeviceName, OpenOptions } from '../../../src/runtime/session.ts';
import type { Run } from '../trial.ts';
import { type Cell, compared, failure } from '../verdict.ts';
import type { WrittenForm } from '../written-form.ts';
import { type Consumer, oneByOne } from './consumer.ts';

/** Opens a file, and has it tried. @throws what ONNX Runtime throws */
export async function withFile<Result>(
  file: WrittenForm,
  device: DeviceName,
  use: (run: Run) => Promise<Result>,
): Promise<Result> {
  const options: OpenOptions = { device, worker: false, threads: 1 };
  // A page has no folder: the weights beside a model are handed to onnxruntime-web by their names.
  const session = await (device === 'wasm'
    ? open(readFileSync(file.path), { ...options, sessionOptions: { externalData: file.externalData } })
    : open(file.path, options));
  try {
    return await use((feeds) => session.run(feeds));
  } finally {
    await session.dispose();
  }
}

/** ONNX Runtime on a device. */
export function onnxRuntime(name: string, device: DeviceName): Consumer {
  return oneByOne(name, async (file, expected): Promise<Cell> => {
    try {
      const actual = await withFile(file, device, file.trial);
      return expected === undefined ? { verdict: 'runs' } : compared(actual, expected);
    } catch (error) {
      return failure(error, file.path);
    }
  });
}
