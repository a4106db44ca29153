import { availableParallelism, cpus } from 'node:os';
import { processorTolerance } from '../tolerance.ts';
import type { NodeDevice } from './node-device.ts';

/** The processor's name and its number of cores. */
function describe(): string {
  const cores = availableParallelism();
  const model = cpus()[0]?.model.trim();
  const name = model === undefined || model === '' || model === 'unknown' ? process.arch : model;
  return `${name}, ${cores} ${cores === 1 ? 'core' : 'cores'}`;
}

export const cpu: NodeDevice = {
  name: 'cpu',
  description: 'the processor',
  rank: 10,
  providers: ['cpu'],
  executionProvider: 'CPUExecutionProvider',
  splitsBatch: true,
  // ONNX Runtime's own kernels, vectorised: sums in blocks.
  tolerance: processorTolerance,
  describe,
};
