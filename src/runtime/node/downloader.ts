import type { Tensor as OrtTensor } from 'onnxruntime-node';
import { encodeModel } from '../../onnx/codec.ts';
import { dataTypes, isDataTypeName } from '../../onnx/data-types.ts';
import type { Provider } from '../devices/device.ts';
import type { Downloader } from '../onnxruntime.ts';
import { RuntimeError } from '../runtime-error.ts';
import type { OnnxRuntimeNode } from './load.ts';

type OrtSession = Awaited<ReturnType<OnnxRuntimeNode['InferenceSession']['create']>>;

/**
 * Reads tensors that are on the GPU, in Node: there `getData()` ends the whole process (onnxruntime-node 1.30), so a model of
 * one Identity takes the tensor in and hands it out on the host.
 */
export function identityDownloader(runtime: OnnxRuntimeNode, providers: readonly Provider[]): Downloader {
  const sessions = new Map<string, Promise<OrtSession>>();
  const sessionFor = (type: string): Promise<OrtSession> => {
    const session = sessions.get(type) ?? openIdentity(runtime, providers, type);
    sessions.set(type, session);
    return session;
  };
  return {
    async download(value) {
      const session = await sessionFor(value.type);
      const { y } = await session.run({ x: value as OrtTensor });
      if (y === undefined) throw new RuntimeError('run', 'A tensor could not be read from the GPU.');
      return y.data;
    },
    async dispose() {
      for (const session of sessions.values()) await (await session).release();
      sessions.clear();
    },
  };
}

function openIdentity(runtime: OnnxRuntimeNode, providers: readonly Provider[], type: string): Promise<OrtSession> {
  if (!isDataTypeName(type)) throw new RuntimeError('run', `A tensor of type ${type} can't be read from the GPU.`);
  const info = (name: string) => ({ name, type: { tensorType: { elemType: dataTypes[type].number } } });
  const model = encodeModel({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 18 }],
    graph: {
      name: 'download',
      node: [{ name: 'identity', opType: 'Identity', input: ['x'], output: ['y'] }],
      input: [info('x')],
      output: [info('y')],
    },
  });
  // Optimised, the node would be gone, and the output the very tensor that can't be read.
  return runtime.InferenceSession.create(model, {
    executionProviders: providers,
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
  });
}
