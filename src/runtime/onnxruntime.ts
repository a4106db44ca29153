import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-web';
import type { Engine } from './engine.ts';
import { asRuntimeError, RuntimeError } from './errors.ts';
import type { DeviceName, Placement, ValueDescription } from './session.ts';
import { isTensorType, type Tensor, tensorAround } from './tensor.ts';

/** The part of ONNX Runtime's JavaScript API that onnxruntime-node and onnxruntime-web share and that we use. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(path: string, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
    create(bytes: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
  };
  readonly Tensor: new (
    type: OrtTensor.Type,
    data: OrtTensor.DataType | readonly string[],
    dims: readonly number[],
  ) => OrtTensor;
}

/** What an engine over ONNX Runtime is made from. */
export interface OnnxRuntimeModel {
  readonly runtime: OnnxRuntime;
  readonly device: DeviceName;
  readonly model: Uint8Array | string;
  readonly sessionOptions: InferenceSession.SessionOptions;
  readonly placement: () => Promise<readonly Placement[]>;
}

/** Errors are thrown: printing them too would say everything twice. */
const quiet: InferenceSession.RunOptions = { logSeverityLevel: 4 };

/** Loads a model into ONNX Runtime, of either package. @throws RuntimeError kind `load` */
export async function createEngine(options: OnnxRuntimeModel): Promise<Engine<OrtTensor>> {
  const { runtime, device, model, sessionOptions, placement } = options;
  const settings = { ...quiet, ...sessionOptions };
  const session = await (typeof model === 'string'
    ? runtime.InferenceSession.create(model, settings)
    : runtime.InferenceSession.create(model, settings)
  ).catch((error: unknown) => {
    throw asRuntimeError(error, 'load', `The model could not be loaded on ${device}`);
  });
  return {
    device,
    inputs: session.inputMetadata.map(describeValue),
    outputs: session.outputMetadata.map(describeValue),
    upload: ({ type, shape, data }) => new runtime.Tensor(type, data, shape),
    download: async (value) => toTensor(value, await value.getData()),
    describe: ({ type, dims }) => ({ type: tensorType(type), shape: dims }),
    release: (value) => value.dispose(),
    async run(feeds) {
      try {
        return await session.run(feeds, session.outputNames, quiet);
      } catch (error) {
        throw asRuntimeError(error, 'run', `The run failed on ${device}`);
      }
    },
    placement,
    dispose: () => session.release(),
  };
}

function describeValue(value: InferenceSession.ValueMetadata): ValueDescription {
  if (!value.isTensor) throw new RuntimeError('load', `"${value.name}" is a sequence or a map, not a tensor.`);
  return { name: value.name, type: tensorType(value.type), shape: value.shape };
}

function tensorType(type: string): Tensor['type'] {
  if (!isTensorType(type)) throw new RuntimeError('load', `The element type ${type} is not supported.`);
  return type;
}

function toTensor({ type, dims }: OrtTensor, data: OrtTensor.DataType): Tensor {
  // Where JavaScript has Float16Array, ONNX Runtime hands out that; our float16 is the same bits.
  const bits = type === 'float16' && ArrayBuffer.isView(data);
  return tensorAround(tensorType(type), dims, bits ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data);
}
